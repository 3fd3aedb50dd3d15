import { isBuiltIn } from './keys';
import { Vocabulary } from '../core/probe/vocabulary';
import { fetchZooJson } from '../runtime/zoo';

/** What a built-in model can read: its words, and how many tokens. */
export interface World {
  readonly vocabulary: Vocabulary;
  /** Longest prompt in tokens, as the engine refuses it (`prompt/too-long`). */
  readonly limit: number;
}

/** The world of a model of the zoo, from the two small files that say it. @returns null where its tokens are no words */
async function readWorld(id: string): Promise<World | null> {
  const [tokenizer, config] = await Promise.all([
    fetchZooJson(`${id}/tokenizer.json`),
    fetchZooJson(`${id}/config.json`),
  ]);
  const vocabulary = Vocabulary.read(tokenizer);
  const positions = (config as { max_position_embeddings?: number }).max_position_embeddings;
  return vocabulary && positions !== undefined ? { vocabulary, limit: positions - 1 } : null;
}

/** Worlds by zoo id, each fetched when a prompt is first typed for it. */
class Words {
  #worlds = $state.raw<Readonly<Record<string, World | null>>>({});
  readonly #asked = new Set<string>();

  of(id: string | null): World | null {
    return (id === null ? null : this.#worlds[id]) ?? null;
  }

  /** Without the files (offline, not kept) nothing is marked; a run still says what it could not read. */
  async load(id: string): Promise<void> {
    if (this.#asked.has(id)) return;
    this.#asked.add(id);
    try {
      this.#worlds = { ...this.#worlds, [id]: await readWorld(id) };
    } catch {
      this.#asked.delete(id);
    }
  }
}

export const words = new Words();

/** The model whose words speak for all columns: the base, where all come from the zoo and so share one tokenizer. */
export function worldOf(sources: Readonly<Record<string, { readonly src: string }>>, base?: string): string | null {
  if (!isBuiltIn(sources)) return null;
  const src = (base !== undefined && sources[base]?.src) || Object.values(sources)[0]!.src;
  return src.slice('zoo:'.length);
}
