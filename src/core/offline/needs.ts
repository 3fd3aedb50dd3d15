import { zooPath, type Build } from './routes';

/** A file to keep for a lesson. */
export interface NeededFile {
  /** Address relative to the page's folder, content hash included. */
  address: string;
  bytes: number;
  sha256: string;
}

/** What a lesson runs and measures, beyond the page itself. */
export interface LessonNeeds {
  id: string;
  zooIds: readonly string[];
  probeSets: readonly string[];
  /** Folders of the zoo with what is heard or seen: `clips`, `pictures`. */
  folders: readonly string[];
}

interface ZooModel {
  id: string;
  files: readonly { path: string; bytes: number; sha256: string }[];
}

/** Whether a file of a model's folder is one that the lab reads; a card or a script is not. */
export const isRead = (path: string): boolean => /\.(safetensors|json|jinja|txt|model)$/.test(path);

/**
 * The files that a lesson needs, each once. Its script, its recordings and the zoo's index are the page's own.
 * @param zoo `zoo/index.json` of the same build
 */
export function filesFor(lesson: LessonNeeds, zoo: readonly ZooModel[], build: Build): NeededFile[] {
  const models = zoo
    .filter(({ id }) => lesson.zooIds.includes(id))
    .flatMap(({ id, files }) =>
      files.filter(({ path }) => isRead(path)).map((file) => ({ ...file, path: `zoo/${id}/${file.path}` })),
    );
  const asked = build.files.filter(
    ({ path }) =>
      lesson.probeSets.some((set) => path === `zoo/probes/${set}.json`) ||
      lesson.folders.some((folder) => path.startsWith(`zoo/${folder}/`)),
  );
  return [...models, ...asked].map(({ path, bytes, sha256 }) => ({ address: zooPath(path, sha256), bytes, sha256 }));
}

export interface Kept {
  state: 'none' | 'partial' | 'ready';
  /** Bytes on this device. */
  bytes: number;
  /** Bytes of all its files. */
  total: number;
}

/** A lesson's place on this device. */
export interface LessonKept extends Kept {
  /** Bytes that its removal gives back: what another wholly kept lesson needs stays. */
  frees: number;
}

/** How much of a lesson is on this device. @param kept addresses in the zoo's cache */
export function keptOf(files: readonly NeededFile[], kept: ReadonlySet<string>): Kept {
  const sum = (list: readonly NeededFile[]): number => list.reduce((bytes, file) => bytes + file.bytes, 0);
  const here = files.filter(({ address }) => kept.has(address));
  const state = here.length === files.length ? 'ready' : here.length > 0 ? 'partial' : 'none';
  return { state, bytes: sum(here), total: sum(files) };
}

/** What goes when a lesson is forgotten: its files, but for those of another lesson that is wholly here. */
export function forgettable(
  id: string,
  lessons: ReadonlyMap<string, readonly NeededFile[]>,
  kept: ReadonlySet<string>,
): string[] {
  const shared = new Set(
    [...lessons]
      .filter(([other, files]) => other !== id && keptOf(files, kept).state === 'ready')
      .flatMap(([, files]) => files.map(({ address }) => address)),
  );
  return (lessons.get(id) ?? []).map(({ address }) => address).filter((one) => kept.has(one) && !shared.has(one));
}
