import { ids } from '../../app/ids';
import { SPECS, specOf } from '../../core/merge/specs';
import type { Params } from '../../i18n';
import { history, lab, link, tour } from '../../state/bench';
import { exportYaml, exportZip } from '../../state/exports';
import { obstacleTo, withMethod } from '../../state/methods';
import { present } from '../../state/present.svelte';
import { LANGUAGES } from '../../state/language';
import { settings, THEMES } from '../../state/settings.svelte';
import { shortcuts } from '../../state/shortcuts.svelte';
import { chooseLanguage } from '../bench/language';
import { focusStep } from '../lesson/focus';
import { openNotes } from '../present/tools';
import { pickTarget, saveBlob } from '../share/save';
import type { PaletteTools } from './rows';
import { say, type PaletteKey } from './words';

/** Something that can be done now; what cannot is not in the list. */
export interface Command {
  readonly id: string;
  readonly key: PaletteKey;
  readonly params?: Params;
  /** The shortcut that does the same. */
  readonly keys?: string;
  readonly run: () => unknown;
}

const LANGUAGE_NAMES = { en: 'English', 'zh-Hant': '繁體中文', 'zh-Hans': '简体中文' } as const;

const focus = (selector: string) => (): void => {
  const element = document.querySelector<HTMLElement>(selector);
  if (!element) return;
  // A heading or panel takes the focus only for once: it is no tab stop.
  if (element.tabIndex < 0 && !element.hasAttribute('tabindex')) element.tabIndex = -1;
  element.scrollIntoView({ block: 'center' });
  element.focus({ preventScroll: true });
};
const byId = (id: string): string => `[data-testid="${CSS.escape(id)}"]`;

async function saveZip(): Promise<void> {
  const target = await pickTarget('merged.zip');
  if (target === 'cancelled') return;
  const blob = await exportZip(lab, target);
  if (blob) saveBlob(blob, 'merged.zip');
}

async function saveYaml(): Promise<void> {
  const text = await exportYaml(lab);
  if (text !== null) saveBlob(new Blob([text], { type: 'text/yaml' }), 'merge.yaml');
}

function vectorCommands(alias: string): Command[] {
  const weight = lab.weight(alias);
  const params = { alias };
  if (weight === null) return [];
  const set = (to: number) => () => (lab.setWeight(alias, to), lab.release());
  const muted = alias in lab.mixer.muted;
  const solo = lab.mixer.isSolo(alias);
  const number = lab.rack.indexOf(alias) + 1;
  const all: (Command | false)[] = [
    {
      id: `slider-${alias}`,
      key: 'slider',
      params,
      keys: number > 9 ? '' : String(number),
      run: focus(byId(ids.slider(alias))),
    },
    {
      id: `mute-${alias}`,
      key: muted ? 'unmute' : 'mute',
      params,
      keys: 'M',
      run: () => (lab.mixer.toggleMute(alias), lab.release()),
    },
    lab.rack.length > 1 && {
      id: `solo-${alias}`,
      key: solo ? 'unsolo' : 'solo',
      params,
      keys: 'S',
      run: () => (lab.mixer.toggleSolo(alias), lab.release()),
    },
    { id: `negate-${alias}`, key: 'negate', params, keys: '-', run: () => (lab.mixer.negate(alias), lab.release()) },
    weight !== 0 && { id: `zero-${alias}`, key: 'zero', params, run: set(0) },
    weight !== 1 && { id: `one-${alias}`, key: 'one', params, run: set(1) },
  ];
  return all.filter((command) => command !== false);
}

function methodCommands(): Command[] {
  const { doc } = lab;
  if (!doc || lab.numeric || !specOf(doc.merge_method)) return [];
  const aliases = Object.keys(lab.recipe.models);
  const fitting = SPECS.filter(({ id }) => id !== doc.merge_method && obstacleTo(doc, id, aliases) === null);
  return fitting.map(({ id, label }) => ({
    id: `method-${id}`,
    key: 'method',
    params: { method: label },
    run: () => (lab.change(withMethod(doc, id, aliases)), lab.release()),
  }));
}

const panel = (id: string, key: PaletteKey, selector: string): Command[] =>
  document.querySelector(selector) ? [{ id: `panel-${id}`, key, run: focus(selector) }] : [];

/** What can be done on the bench as it stands, the likeliest first. */
export function commandsOf(tools: PaletteTools): Command[] {
  const busy = lab.runner.busy;
  const all: (Command | false)[] = [
    !busy && { id: 'run', key: 'run', keys: 'Ctrl+Enter', run: () => lab.run() },
    busy && { id: 'cancel', key: 'cancel', keys: 'Esc', run: () => lab.cancel() },
    tour.active && !tour.last && { id: 'next', key: 'next', keys: 'N', run: () => (tour.next(), focusStep()) },
    tour.active && tour.at > 0 && { id: 'back', key: 'back', keys: 'B', run: () => (tour.back(), focusStep()) },
    tour.active && { id: 'panel-lesson', key: 'panel.lesson', run: focusStep },
    history.undoable !== null && { id: 'undo', key: 'undo', keys: 'Ctrl+Z', run: () => history.undo() },
    history.redoable !== null && { id: 'redo', key: 'redo', keys: 'Ctrl+Shift+Z', run: () => history.redo() },
    ...tools.lessons.map((id): Command => ({
      id: `lesson-${id}`,
      key: 'lesson',
      params: { name: `@name.${id}` },
      run: () => tools.openLesson(id),
    })),
    !lab.numeric && { id: 'prompt', key: 'prompt', run: focus(byId(ids.prompt)) },
    { id: 'formula', key: 'formula', run: focus(byId(ids.formula)) },
    ...lab.rack.flatMap(vectorCommands),
    ...methodCommands(),
    { id: 'copy', key: 'copy', run: () => navigator.clipboard.writeText(link.href).catch(focus('#share')) },
    !busy && { id: 'zip', key: 'zip', run: saveZip },
    !busy && { id: 'yaml', key: 'yaml', run: saveYaml },
    tools.view !== 'present' && { id: 'present', key: 'present', keys: 'P', run: () => tools.goToView('present') },
    tools.view !== 'bench' && { id: 'bench', key: 'bench', run: () => tools.goToView('bench') },
    // A second window, so that this one stays; in its place where the browser opens none.
    { id: 'notes', key: 'notes', run: () => openNotes() !== null && tools.goToView('notes') },
    { id: 'preflight', key: 'preflight', run: () => (present.dialog = 'preflight') },
    { id: 'qr', key: 'qr', run: () => (present.dialog = 'qr') },
    tools.view !== 'embed' && { id: 'embed', key: 'embed', run: () => tools.goToView('embed') },
    ...panel('rack', 'panel.rack', '.rack'),
    ...panel('outputs', 'panel.outputs', '.outputs'),
    ...panel('history', 'panel.history', byId(ids.history)),
    ...panel('microscope', 'panel.microscope', byId(ids.microscope)),
    ...panel('share', 'panel.share', '#share'),
    ...panel('offline', 'panel.offline', byId(ids.offline)),
    ...LANGUAGES.filter((lang) => lang !== settings.lang).map((lang): Command => ({
      id: `lang-${lang}`,
      key: 'lang',
      params: { name: LANGUAGE_NAMES[lang] },
      run: () => chooseLanguage(lang),
    })),
    ...THEMES.filter((theme) => theme !== settings.theme).map((theme): Command => ({
      id: `theme-${theme}`,
      key: 'theme',
      params: { name: `@theme.${theme}` },
      run: () => settings.setTheme(theme),
    })),
    tour.active && { id: 'leave', key: 'leave', run: () => tour.leave() },
    { id: 'help', key: 'help', keys: '?', run: () => (shortcuts.open = 'help') },
  ];
  return all.filter((command) => command !== false);
}

/** @returns the commands that have all words of `query`, in whichever of our languages; those that begin with it first. */
export function find<T extends Pick<Command, 'id' | 'key' | 'params'>>(commands: readonly T[], query: string): T[] {
  const wanted = query
    .toLowerCase()
    .split(/[\s，。:：]+/)
    .filter((word) => word !== '');
  const titles = (command: T): string[] =>
    LANGUAGES.map((lang) => say(command.key, command.params, lang).toLowerCase());
  const first = (command: T): boolean => titles(command).some((title) => title.startsWith(wanted.join(' ')));
  const found = commands.filter((command) => {
    const text = [command.id, ...titles(command)].join('\n');
    return wanted.every((word) => text.includes(word));
  });
  return [...found.filter(first), ...found.filter((command) => !first(command))];
}
