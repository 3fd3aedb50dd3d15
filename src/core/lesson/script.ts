/** What one step says, in one language. Paragraphs are the little Markdown of src/ui/primitives/markdown.ts. */
export interface StepScript {
  id: string;
  title: string;
  say: readonly string[];
  question: string;
  options: Readonly<Record<string, string>>;
  /** What to do with the hands. */
  move: string;
  /** Said once it has been seen. */
  explain: readonly string[];
  /** For the lecturer's eyes only. */
  notes: readonly string[];
}

/** What the closing card says of a figure on real models. */
export interface FigureScript {
  /** What is measured, and in what. */
  unit: string;
  /** Names of the bars, by their ids. */
  bars: Readonly<Record<string, string>>;
  caption: string;
}

/** A lesson's words in one language. */
export interface Script {
  title: string;
  /** What the models are and are not; shown with every step. */
  note: string;
  steps: readonly StepScript[];
  figures: Readonly<Record<string, FigureScript>>;
}

const emptyStep = (id: string, title: string): StepScript => ({
  id,
  title,
  say: [],
  question: '',
  options: {},
  move: '',
  explain: [],
  notes: [],
});

const emptyFigure: FigureScript = { unit: '', bars: {}, caption: '' };

const oneLine = (block: string): string => block.replaceAll('\n', ' ').trim();

/** Lines `- id: words`; null for a block of something else. */
function listed(block: string): Record<string, string> | null {
  const lines = [...block.matchAll(/^- (\S+): (.+)$/gm)].map(([, id = '', text = '']): [string, string] => [id, text]);
  return lines.length > 0 ? Object.fromEntries(lines) : null;
}

function figureWithBlock(figure: FigureScript, block: string): FigureScript {
  const bars = listed(block);
  if (bars) return { ...figure, bars };
  if (block.startsWith('? ')) return { ...figure, unit: oneLine(block.slice(2)) };
  return { ...figure, caption: oneLine(block) };
}

function withBlock(step: StepScript, block: string): StepScript {
  const options = listed(block);
  if (options) return { ...step, options: { ...step.options, ...options } };
  const [mark, rest] = [block.slice(0, 2), oneLine(block.slice(2))];
  if (mark === '? ') return { ...step, question: rest };
  if (mark === '> ') return { ...step, move: rest };
  if (mark === '= ') return { ...step, explain: [...step.explain, rest] };
  if (mark === '! ') return { ...step, notes: [...step.notes, rest] };
  return { ...step, say: [...step.say, oneLine(block)] };
}

/**
 * Reads a lesson's script. Blocks are parted by empty lines: `# ` title of the lesson, `> ` before the first step its
 * note, `## id: title` a step, in it `? ` the question, `- id: option` its options, `> ` what to do, `= ` the
 * explanation, `! ` notes for the lecturer, anything else what is said; `## figure id` a figure, in it `? ` its unit,
 * `- id: name` its bars, anything else its caption.
 */
export function parseScript(source: string): Script {
  let title = '';
  let note = '';
  const steps: StepScript[] = [];
  const figures: Record<string, FigureScript> = {};
  let figure: string | null = null;
  for (const raw of source.split(/\n{2,}/)) {
    const block = raw.trim();
    const heading = /^## (?:figure (\S+)|(\S+?): (.+))$/.exec(block);
    const step = steps.at(-1);
    if (block === '') continue;
    if (heading?.[1] !== undefined) figure = heading[1];
    else if (heading) steps.push(emptyStep(heading[2] ?? '', heading[3] ?? ''));
    else if (block.startsWith('# ')) title = block.slice(2);
    else if (figure !== null) figures[figure] = figureWithBlock(figures[figure] ?? emptyFigure, block);
    else if (step) steps[steps.length - 1] = withBlock(step, block);
    else note = oneLine(block.replace(/^> /, ''));
  }
  return { title, note, steps, figures };
}
