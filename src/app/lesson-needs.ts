import { parseAction } from '../core/lesson/action';
import type { Lesson } from '../core/lesson/types';
import type { LessonNeeds } from '../core/offline/needs';
import { allLessons } from '../lessons';

const ZOO = /^zoo:/;

/** Where what its questions let hear or see lies in the zoo. */
async function foldersOf({ prompts }: Lesson): Promise<string[]> {
  const { parseAsk } = await import('../core/ask/ask');
  const asks = Object.values(prompts).flat().map(parseAsk);
  const paths = asks.flatMap((ask) => (ask.kind === 'sound' ? [ask.clip] : ask.kind === 'pair' ? [ask.picture] : []));
  return [...new Set(paths.flatMap((path) => (path === null ? [] : [path.split('/')[0] ?? ''])))];
}

async function needsOf(lesson: Lesson): Promise<LessonNeeds> {
  // Live words of the text may put other models behind the aliases; they are the same in all languages.
  const links = [...(await lesson.text.en()).matchAll(/\]\(([^)]+)\)/g)].map((match) => parseAction(match[1] ?? ''));
  const sources = [
    ...Object.values(lesson.recipe.models).map(({ src }) => src),
    ...links.flatMap((action) => (action?.kind === 'models' ? Object.values(action.sources) : [])),
  ];
  const counted = lesson.steps
    .flatMap(({ check }) => check)
    .flatMap((check) => (check.kind === 'rate' ? [check.question] : []));
  return {
    id: lesson.id,
    zooIds: [...new Set(sources.filter((src) => ZOO.test(src)).map((src) => src.replace(ZOO, '')))],
    folders: await foldersOf(lesson),
    probeSets: [...new Set([...(lesson.probes ?? []), ...counted].map(({ set }) => set))],
  };
}

/** What every lesson needs on a device to work there without a connection. */
export async function lessonNeeds(): Promise<LessonNeeds[]> {
  return Promise.all((await allLessons()).map(needsOf));
}
