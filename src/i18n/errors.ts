/**
 * Titles, causes and ways out of refusals by code; a code without an entry of its own takes that of its family (the part
 * before the slash). `{message}` is the complete English sentence of the error.
 */
export interface ErrorText {
  title: string;
  cause: string;
  wayOut: string;
}

/** English messages are complete, way out included: only titles are needed here. */
export const errorsEn: Readonly<Record<string, ErrorText>> = {
  safetensors: { title: 'This weights file cannot be used', cause: '{message}', wayOut: '' },
  index: { title: 'This shard index cannot be used', cause: '{message}', wayOut: '' },
  json: { title: 'This header cannot be read', cause: '{message}', wayOut: '' },
  checkpoint: { title: 'These files are no model yet', cause: '{message}', wayOut: '' },
  tensor: { title: 'A tensor cannot be read', cause: '{message}', wayOut: '' },
  writer: { title: 'The merged file cannot be written', cause: '{message}', wayOut: '' },
  config: { title: 'This config.json cannot be run', cause: '{message}', wayOut: '' },
  graph: { title: 'This architecture cannot be run', cause: '{message}', wayOut: '' },
  file: { title: 'This file cannot be used', cause: '{message}', wayOut: '' },
  merge: { title: 'These models cannot be merged like this', cause: '{message}', wayOut: '' },
  model: { title: 'The model cannot run', cause: '{message}', wayOut: '' },
  probe: { title: 'This probe set cannot be measured', cause: '{message}', wayOut: '' },
  prompt: { title: 'The prompt cannot be asked', cause: '{message}', wayOut: '' },
  recipe: { title: 'The recipe has a mistake', cause: '{message}', wayOut: '' },
  formula: { title: 'The formula has a mistake', cause: '{message}', wayOut: '' },
  link: { title: 'The link cannot be opened', cause: '{message}', wayOut: '' },
  source: { title: 'A model is not here', cause: '{message}', wayOut: '' },
  zoo: { title: 'A built-in model could not be loaded', cause: '{message}', wayOut: '' },
  worker: { title: 'A part of the page stopped', cause: '{message}', wayOut: '' },
  lesson: { title: 'This lesson does not exist yet', cause: '{message}', wayOut: '' },
  capability: { title: 'This browser cannot run models', cause: '{message}', wayOut: '' },
  fingerprint: { title: 'No fingerprint', cause: '{message}', wayOut: '' },
  canonical: { title: 'The recipe has a mistake', cause: '{message}', wayOut: '' },
  yaml: { title: 'The YAML cannot be used', cause: '{message}', wayOut: '' },
  cli: { title: 'The command failed', cause: '{message}', wayOut: '' },
  'merge/nan-input': { title: 'The weights contain NaN', cause: '{message}', wayOut: '' },
  'merge/shape-mismatch': { title: 'Not from the same base', cause: '{message}', wayOut: '' },
  'merge/vocabulary-size': { title: 'Different vocabularies', cause: '{message}', wayOut: '' },
  'merge/tokenizer-differs': { title: 'Different tokenizers', cause: '{message}', wayOut: '' },
  'merge/architecture-differs': { title: 'Different architectures', cause: '{message}', wayOut: '' },
  'merge/nothing-in-common': { title: 'Not from the same base', cause: '{message}', wayOut: '' },
  'safetensors/truncated': { title: 'The file is cut off', cause: '{message}', wayOut: '' },
  'index/missing-shard': { title: 'A shard is missing', cause: '{message}', wayOut: '' },
  'graph/unknown-architecture': { title: 'Unknown architecture', cause: '{message}', wayOut: '' },
  'prompt/too-long': { title: 'The prompt is too long', cause: '{message}', wayOut: '' },
  'link/damaged': { title: 'The link is damaged', cause: '{message}', wayOut: '' },
  'source/local-missing': { title: 'A local model is needed', cause: '{message}', wayOut: '' },
  'zoo/unreachable': { title: 'No connection to the lab', cause: '{message}', wayOut: '' },
};
