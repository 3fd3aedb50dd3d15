import { withoutSwears } from '../../core/probe/cover';
import type { MapMetric } from '../../core/map/metric';
import { valueAt, type MapAxis } from '../../core/map/grid';
import type { MapPoint, MapSettings } from '../../state/map.svelte';
import { reveal } from '../../state/reveal.svelte';
import { asked } from '../outputs/question';
import { showCount, showShare, t, tSentence } from '../primitives/text';
import { nameOf, showValue } from '../search/show';
import { say } from './words';

export const axisName = ({ id }: Pick<MapAxis, 'id'>): string => nameOf(id);

/** What colours the map, and of which questions. */
export const metricName = (metric: MapMetric): string => `${say(`begins.${metric.begins}`)} · ${asked(metric)}`;

/** An answer as it may stand on the screen. */
export function showAnswer(text: string): string {
  return (reveal.shown ? text : withoutSwears(text, t('outputs.covered'))) || say('nothing');
}

export function showPoint({ share, refusal }: MapPoint): string {
  if (refusal) return say('refused', { why: tSentence(refusal) });
  return share === null ? say('unknown') : showShare(share);
}

/** Where a cell is and what is known of it, in one sentence. */
export function tellCell({ x, y, size }: MapSettings, at: number, point: MapPoint): string {
  const place = say('cell', {
    x: axisName(x),
    xv: showValue(valueAt(x, at % size, size)),
    y: axisName(y),
    yv: showValue(valueAt(y, Math.floor(at / size), size)),
    share: showPoint(point),
  });
  return [
    place,
    ...(point.exact ? [say('exact', { k: showCount(point.exact.k), n: showCount(point.exact.n) })] : []),
    ...(point.text === null ? [] : [say('answers', { text: showAnswer(point.text) })]),
  ].join(' · ');
}
