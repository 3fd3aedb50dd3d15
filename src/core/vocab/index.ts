import { LabError } from '../errors';
import { EMBEDDING, HEAD } from '../merge/compat';
import { DTYPES, promote, refuseQuantised } from '../merge/plan-config';
import type { CheckpointHead } from '../merge/types';
import { referencedModels } from '../recipe/stages';
import type { MergeDoc } from '../recipe/types';
import type { DType } from '../tensor/types';
import { alignedHead, embeddingRows, vocabularyTensors } from './align';
import { outputText, requireText, type TextOwner } from './output';
import { rowMaps, type RowMaps, type RowOwner } from './rows';
import { withSpecialIds, withVocabularySize } from './special';
import { chosenTemplate } from './templates';
import { stripped, vocabularyOf } from './tokenizer';
import type { TextFiles, TokenIds, VocabularyNotice } from './types';

export interface AlignedVocabulary {
  /** What the plan goes on with in place of the heads it was given. */
  readonly heads: ReadonlyMap<string, CheckpointHead>;
  /** Text files of the output; null: the donor's own, as they are. */
  readonly tokenizer: TextFiles | null;
  readonly notices: readonly VocabularyNotice[];
}

/** The recipe's tokenizer source, in its present or its legacy spelling; null where it has none. */
export function tokenizerSource(doc: MergeDoc): string | null {
  return doc.tokenizer ? (doc.tokenizer.source ?? 'union') : (doc.tokenizer_source ?? null);
}

/** Promotion as torch has it, over the dtypes of one vocabulary tensor in all models. */
function dtypesOf(doc: MergeDoc, heads: readonly CheckpointHead[]): (tensor: string) => DType {
  const found = new Map<string, Set<DType>>();
  for (const head of heads)
    for (const { name, dtype } of vocabularyTensors(head)) {
      refuseQuantised(name, head.alias, dtype);
      found.set(name, (found.get(name) ?? new Set()).add(dtype));
    }
  return (tensor) => {
    if (doc.dtype) return DTYPES[doc.dtype];
    // A tied head takes part in the head's promotion as the embedding that it is.
    const tied = tensor === HEAD && heads.some(({ index }) => !index.tensors.has(HEAD));
    return promote([...found.get(tensor)!, ...(tied ? (found.get(EMBEDDING) ?? []) : [])]);
  };
}

/** The models of a document, in its order, the base first. */
function baseFirst(doc: MergeDoc, aliases: readonly string[]): string[] {
  const base = doc.base_model ?? aliases[0]!;
  return [base, ...aliases.filter((alias) => alias !== base)];
}

/**
 * Brings the models of a document to one vocabulary, as the recipe's `tokenizer`, `tokenizer_source` and `chat_template` ask
 * (references: mergekit, section 1.14). Reads no weights: the vocabulary tensors of the heads it returns are computed when they are
 * read, one tensor at a time.
 *
 * What a plan does with it, before anything else looks at the heads:
 * - goes on with `heads` alone. Their vocabulary tensors have the output's rows, their `vocabulary` and `text` are the output's, their
 *   `config` has the output's `vocab_size` and special token ids (so outputConfig of the donor is right by itself), so that
 *   comparisons and shape checks pass without knowing of vocabularies;
 * - puts `tokenizer` into MergePlan.tokenizer (null: the donor's files are copied), and `notices` before its own;
 * - a stage's head takes `text` and `vocabulary` from its plan's `tokenizer` (see {@link textOfStage}).
 * @param heads all that the document names, possibly more
 * @throws LabError `vocabulary/...`, `merge/quantised`
 */
export function alignVocabulary(doc: MergeDoc, heads: ReadonlyMap<string, CheckpointHead>): AlignedVocabulary {
  const source = tokenizerSource(doc);
  if (source === null && doc.chat_template === undefined) return { heads, tokenizer: null, notices: [] };
  const aliases = referencedModels(doc);
  // Told by whoever opens the models.
  if (aliases.some((alias) => !heads.has(alias))) return { heads, tokenizer: null, notices: [] };
  const [base] = baseFirst(doc, aliases);
  const templated = (files: TextFiles): TextFiles => {
    if (doc.chat_template === undefined) return files;
    const template = chosenTemplate(
      doc.chat_template,
      aliases.map((alias) => heads.get(alias)!.text ?? null),
    );
    return { ...files, tokenizerConfig: { ...files.tokenizerConfig, chat_template: template } };
  };
  if (source === null) {
    const own = requireText(base!, heads.get(base!)?.text, 'chat_template');
    return { heads, tokenizer: templated(own), notices: [] };
  }
  return aligned(doc, source, heads, aliases, templated);
}

/** What rows and tokenizer follow from, without a weight being known: it stays the same while weights of models are tried. */
interface Prepared {
  readonly tokenizer: TextFiles;
  readonly vocabulary: TokenIds;
  readonly rows: number;
  readonly maps: RowMaps;
  /** Each model's own tokens. */
  readonly own: ReadonlyMap<string, RowOwner>;
  readonly notices: readonly VocabularyNotice[];
}
let last: { key: string; texts: readonly (TextFiles | null)[]; prepared: Prepared } | null = null;

function prepare(
  doc: MergeDoc,
  source: string,
  heads: ReadonlyMap<string, CheckpointHead>,
  aliases: readonly string[],
  inputs: ReadonlySet<string>,
  templated: (files: TextFiles) => TextFiles,
): Prepared {
  const notices: VocabularyNotice[] = [];
  const ordered = baseFirst(doc, aliases);
  const base = ordered[0]!;
  const baseText = heads.get(base)!.text!;
  const owners = ordered.map((alias): TextOwner => {
    const head = heads.get(alias)!;
    if (!head.text)
      notices.push({
        code: 'vocabulary/assumed',
        message: `${alias} has no tokenizer.json; its tokens are taken to be those of ${base}.`,
        params: { model: alias, reference: base },
      });
    return { alias, text: head.text ?? baseText, rows: rowsOf(head) };
  });
  const cutting = ({ tokenizer }: TextFiles): string =>
    JSON.stringify([tokenizer['normalizer'] ?? null, tokenizer['pre_tokenizer'] ?? null]);
  for (const { alias, text } of source === 'union' ? owners : [])
    if (cutting(text) !== cutting(baseText))
      notices.push({
        code: 'vocabulary/other-cutting',
        message: `${alias} cuts text by other rules than ${base} (another normalizer or pre-tokenizer), so some of the tokens it adds may never be met.`,
        params: { model: alias, reference: base },
      });
  const rules = doc.tokenizer?.tokens ?? [];
  const extra = rules.map(([token]) => token);
  const { files, owner } = outputText(source, owners, extra);
  const vocabulary = vocabularyOf(files.tokenizer);
  const multiple = doc.tokenizer?.pad_to_multiple_of ?? 1;
  const used = [...vocabulary.values()].reduce((max, id) => Math.max(max, id + 1), 0);
  const rows = Math.ceil(used / multiple) * multiple;
  const own = new Map(
    owners.map(({ alias, text, rows: has }): [string, RowOwner] => [
      alias,
      { alias, vocabulary: vocabularyOf(stripped(text.tokenizer, has)), rows: has },
    ]),
  );
  const merged = aliases.filter((alias) => inputs.has(alias)).map((alias) => own.get(alias)!);
  const donors = aliases.filter((alias) => !inputs.has(alias)).map((alias) => own.get(alias)!);
  const maps = rowMaps(vocabulary, rows, merged, donors, doc.base_model, rules);
  const final = templated(files);
  const { generationConfig, tokenizerConfig } = final;
  const special = withSpecialIds(generationConfig, own.get(owner)!.vocabulary, vocabulary, tokenizerConfig);
  return { tokenizer: { ...final, generationConfig: special }, vocabulary, rows, maps, own, notices };
}

function aligned(
  doc: MergeDoc,
  source: string,
  heads: ReadonlyMap<string, CheckpointHead>,
  aliases: readonly string[],
  templated: (files: TextFiles) => TextFiles,
): AlignedVocabulary {
  for (const alias of [baseFirst(doc, aliases)[0]!, ...(source === 'base' || source === 'union' ? [] : [source])])
    requireText(alias, heads.get(alias)!.text, 'tokenizer');
  const inputs = new Set(referencedModels({ ...doc, tokenizer: undefined, tokenizer_source: undefined }));
  const dtypeOf = dtypesOf(
    doc,
    aliases.map((alias) => heads.get(alias)!),
  );
  const texts = aliases.map((alias) => heads.get(alias)!.text ?? null);
  const { tokenizer: rules, chat_template, base_model } = doc;
  const all = aliases.map((alias) => [alias, rowsOf(heads.get(alias)!)]);
  const key = JSON.stringify([source, rules, chat_template, base_model, all, [...inputs]]);
  const known = last?.key === key && last.texts.every((text, i) => text === texts[i]) ? last.prepared : null;
  const prepared = known ?? prepare(doc, source, heads, aliases, inputs, templated);
  last = { key, texts, prepared };

  const { tokenizer, vocabulary, rows, maps, own, notices } = prepared;
  const result = new Map(heads);
  for (const alias of inputs) {
    const head = heads.get(alias)!;
    const from = own.get(alias)!.vocabulary;
    const config = head.config && withSpecialIds(head.config, from, vocabulary, tokenizer.tokenizerConfig);
    result.set(alias, {
      ...alignedHead(head, maps, heads, dtypeOf),
      config: config && withVocabularySize(config, rows),
      vocabulary,
      text: tokenizer,
    });
  }
  return { heads: result, tokenizer, notices };
}

/** @throws LabError `vocabulary/no-embedding` */
function rowsOf(head: CheckpointHead): number {
  const rows = embeddingRows(head.index.tensors.values(), head.config);
  if (rows !== null) return rows;
  throw new LabError(
    'vocabulary/no-embedding',
    `${head.alias} has no embedding that is known as one, so its rows cannot be put into another tokenizer's order. Leave "tokenizer" out of the recipe.`,
    { model: head.alias },
  );
}

/** What the head of a stage says of its text: the stage's output tokenizer, else (null) nothing new. */
export function textOfStage(tokenizer: TextFiles | null | undefined): Partial<CheckpointHead> {
  return tokenizer ? { text: tokenizer, vocabulary: vocabularyOf(tokenizer.tokenizer) } : {};
}
