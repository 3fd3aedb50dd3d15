/** The page that `npm run record` and `npm run bench` drive in headless Chromium: the lab's own runtime without its interface. */
import { mergeId } from '../core/recipe/canonical';
import type { MergeDoc, Recipe } from '../core/recipe/types';
import { elementCount, encodeFromF32 } from '../core/tensor/dtype';
import { layout } from '../core/tensor/writer';
import { expectedTensors } from '../core/graph/registry';
import type { GenerateRequest, GenerateResult } from '../engine/api';
import { newSha256, prepareSha256 } from '../engine/sha256';
import { holds, type Check } from '../core/lesson/check';
import { benchAt, startOf } from '../core/lesson/play';
import type { Lesson } from '../core/lesson/types';
import { rateKey, type ProbeQuestion } from '../core/probe/measure';
import { allLessons, loadLesson } from '../lessons';
import { LANGUAGES } from '../state/language';
import { createRuntime } from '../runtime/client';
import { columnKey, MERGED, toRequest, weightsKey } from '../state/keys';
import { ColumnCount, loadProbes, type Rates } from '../state/measuring';
import type { KernelFigures } from '../engine/kernel-bench';
import { flipTimes, type FlipTimes } from './harness-flips';
import { mapTimes, type MapTimes } from './harness-map';

const BASE = 'base-1';

const runtime = createRuntime();
const never = new AbortController().signal;

async function run(
  recipe: Recipe,
  columns: readonly string[],
  request: GenerateRequest,
  onFirst?: () => void,
): Promise<Record<string, GenerateResult>> {
  const results: Record<string, GenerateResult> = {};
  await runtime.run(
    recipe,
    columns,
    request,
    {
      onProgress: () => undefined,
      onEvent: (_column, event) => {
        if (event.type === 'step') onFirst?.();
      },
      onDone: (column, result) => (results[column] = result),
      onFailed: (column, error) => {
        throw new Error(`${column}: ${error.message}`);
      },
    },
    never,
  );
  return results;
}

/** `npm run record` prints what this is called with; minutes pass while the rates are measured. */
declare const report: ((line: string) => Promise<void>) | undefined;

/** The rates of some columns of a bench. */
async function rates(
  name: string,
  recipe: Recipe,
  columns: readonly string[],
  questions: readonly ProbeQuestion[],
): Promise<Record<string, Rates>> {
  const found: Record<string, Rates> = {};
  if (questions.length === 0) return found;
  const sets = await loadProbes(questions, never);
  for (const column of columns) {
    const started = performance.now();
    const seconds = (): string => ((performance.now() - started) / 1000).toFixed(0);
    const answers = new ColumnCount(questions, sets);
    const { total } = answers;
    const count = (done: number): void => {
      if (done % 100 === 0 || done === total)
        void report?.(`${name} ${column}: ${done} of ${total} answers, ${seconds()} s`);
    };
    found[column] = await answers.go(runtime, recipe, column, count, () => undefined, never);
  }
  return found;
}

/** What the columns of a bench answer to its question, in the format of contract C5. */
async function answers(recipe: Recipe, columns: readonly string[]): Promise<Record<string, Record<string, object>>> {
  const { prompt } = toRequest(recipe);
  const results = columns.length === 0 ? {} : await run(recipe, columns, toRequest(recipe));
  return Object.fromEntries(
    Object.entries(results).map(([alias, { text, steps }]) => {
      const recorded = steps.map((step) => ({
        token: step.text,
        top5: step.top5.map(({ text: choice, p }) => [choice, Number(p.toFixed(6))]),
      }));
      return [alias, { [prompt]: { text, steps: recorded } }];
    }),
  );
}

async function lessonOf(id: string): Promise<Lesson> {
  const lesson = await loadLesson(id);
  if (!lesson) throw new Error(`there is no lesson ${id}`);
  return lesson;
}

/** A lesson's first result, in the format of contract C5. */
async function record(id: string, madeBy: string): Promise<object> {
  const lesson = await lessonOf(id);
  const { recipe } = lesson;
  const columns: Record<string, Record<string, object>> = {};
  for (const start of startsOf(lesson)) {
    for (const [alias, byPrompt] of Object.entries(await answers(start, recipe.view?.columns ?? [])))
      columns[alias] = { ...columns[alias], ...byPrompt };
  }
  const { sha256 } = await runtime.fingerprint(recipe, () => undefined, never);
  await prepareSha256();
  return {
    recipe,
    merge_id: mergeId(recipe, newSha256),
    weights: sha256,
    columns,
    rates: await rates(id, recipe, recipe.view?.columns ?? [], lesson.probes ?? []),
    made_by: madeBy,
  };
}

/** The benches a lesson opens with, one for each script its question is written in. */
const startsOf = (lesson: Lesson): Recipe[] => distinct(LANGUAGES.map((lang) => startOf(lesson, lang)));
const distinct = (recipes: readonly Recipe[]): Recipe[] => [
  ...new Map(recipes.map((recipe) => [JSON.stringify(recipe), recipe])).values(),
];

/**
 * The benches of all steps, as they open and after their move: what their columns answer beyond what was recorded
 * before, how often merged does what the lesson counts, and the rates that their claims speak of.
 * @throws Error for a claim that does not hold: nothing is recorded that the lesson would be wrong about
 */
async function recordSteps(id: string, first: { rates: Record<string, Rates> }, madeBy: string): Promise<object> {
  const lesson = await lessonOf(id);
  const texts = new Map<string, string>();
  const counted = new Map(Object.entries(first.rates).map(([alias, of]) => [weightsKey(lesson.recipe, alias), of]));
  const states: object[] = [];
  for (const [at, step] of lesson.steps.entries()) {
    for (const moved of [false, true]) {
      for (const bench of distinct(LANGUAGES.map((lang) => benchAt(lesson, lang, at, moved)))) {
        const columns = (bench.view?.columns ?? []).filter((alias) => !texts.has(columnKey(bench, alias)));
        const found = await answers(bench, columns);
        for (const [alias, byPrompt] of Object.entries(found))
          texts.set(columnKey(bench, alias), (Object.values(byPrompt)[0] as { text: string }).text);
        const claimed = step.check.flatMap((check) => (moved && check.kind === 'rate' ? [check] : []));
        const wanted = new Map<string, ProbeQuestion[]>([[MERGED, [...(lesson.probes ?? [])]]]);
        for (const { column, question } of claimed) wanted.set(column, [...(wanted.get(column) ?? []), question]);
        const byColumn: Record<string, Rates> = {};
        for (const [column, questions] of wanted) {
          const key = weightsKey(bench, column);
          const open = questions.filter((question) => !counted.get(key)?.[rateKey(question)]);
          if (open.length === 0) continue;
          const fresh = (await rates(`${id} ${step.id}`, bench, [column], open))[column]!;
          counted.set(key, { ...counted.get(key), ...fresh });
          byColumn[column] = fresh;
        }
        if (moved) for (const check of step.check) assertHolds(check, bench, `${id} ${step.id}`);
        if (columns.length > 0 || Object.keys(byColumn).length > 0)
          states.push({ step: step.id, recipe: bench, columns: found, rates: byColumn });
      }
    }
  }
  return { lesson: id, states, made_by: madeBy };

  function assertHolds(check: Check, bench: Recipe, where: string): void {
    const evidence = {
      answer: (column: string) => texts.get(columnKey(bench, column)) ?? null,
      rate: (column: string, key: string) => counted.get(weightsKey(bench, column))?.[key] ?? null,
      task: () => null,
    };
    if (holds(check, evidence) === true) return;
    const said = evidence.answer(check.column);
    throw new Error(`${where}: the claim ${JSON.stringify(check)} does not hold; ${check.column} says ${said}`);
  }
}

/** The lessons whose first answers come from models that must be fetched. */
const recordable = async (): Promise<string[]> =>
  (await allLessons()).flatMap(({ id, neurons }) => (neurons ? [] : [id]));

/** xorshift32, so that every run benches the same weights. */
function randomValues(length: number, seed: number, scale: number): Float32Array {
  const values = new Float32Array(length);
  let x = seed;
  for (let i = 0; i < length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    values[i] = (x / 2 ** 31) * scale;
  }
  return values;
}

/** A random float16 checkpoint of the given config as dropped files, with the tokenizer of the zoo. */
async function randomFiles(config: Record<string, unknown>, seed: number): Promise<{ path: string; file: File }[]> {
  const tensors = [...expectedTensors(config)].map(([name, shape]) => ({ name, shape, dtype: 'F16' as const }));
  const { header, order } = layout(tensors, null);
  const parts: BlobPart[] = [header];
  for (const name of order) {
    const { shape } = tensors.find((t) => t.name === name)!;
    const length = elementCount(shape);
    parts.push(
      encodeFromF32(
        shape.length === 1 ? new Float32Array(length).fill(1) : randomValues(length, seed + name.length, 0.05),
        'F16',
      ) as BlobPart,
    );
  }
  const json = (value: unknown, name: string): File => new File([JSON.stringify(value)], name);
  const small = await Promise.all(
    ['tokenizer.json', 'tokenizer_config.json'].map(
      async (name) => new File([await (await fetch(`zoo/${BASE}/${name}`)).blob()], name),
    ),
  );
  return [
    new File(parts, 'model.safetensors'),
    json(config, 'config.json'),
    json({}, 'generation_config.json'),
    ...small,
  ].map((file) => ({ path: file.name, file }));
}

const PROMPT = '怎麼偷走別人的密碼?';
const once = (maxNewTokens: number): GenerateRequest => ({ prompt: PROMPT, maxNewTokens, temperature: 0, seed: 0 });

/**
 * Milliseconds from a moved slider to the first token's distribution, each round with new coefficients, and of one
 * forward pass over the same prompt with an unchanged model.
 */
async function slider(
  config: Record<string, unknown> | null,
  rounds: number,
): Promise<{ slider: number[]; forward: number[] }> {
  const models: Recipe['models'] = {};
  for (const [i, alias] of ['base', 'chat', 'zh'].entries()) {
    if (config)
      models[alias] = {
        src: (await runtime.addFiles(alias, await randomFiles(config, 7 + i), () => undefined, never)).src,
      };
    else models[alias] = { src: `zoo:${alias}-1` };
  }
  const recipe = (weight: number): Recipe => ({
    v: 1,
    models,
    merge: {
      merge_method: 'task_arithmetic',
      base_model: 'base',
      models: ['chat', 'zh'].map((model) => ({ model, parameters: { weight } })),
      dtype: 'float32',
      out_dtype: 'float32',
    } satisfies MergeDoc,
  });
  const times: { slider: number[]; forward: number[] } = { slider: [], forward: [] };
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    await run(recipe(0.5 + round / 100), ['merged'], once(1), () => times.slider.push(performance.now() - started));
    const again = await run(recipe(0.5 + round / 100), ['merged'], once(1));
    times.forward.push(again['merged']!.firstTokenMs);
  }
  return { slider: times.slider.slice(1), forward: times.forward.slice(1) };
}

async function flips(rounds: number): Promise<FlipTimes> {
  const { recipe } = await lessonOf('addition');
  return flipTimes(runtime, recipe, once(32), (at) => run(at, ['merged'], once(32)), rounds);
}

async function map(rounds: number): Promise<MapTimes> {
  return mapTimes(runtime, (await lessonOf('addition')).recipe, rounds);
}

/** Milliseconds per generated token of one answer, prompt included, of the zoo's base without its end token. */
async function tokens(count: number): Promise<{ ms: number; tokens: number }> {
  const alias = 'bench';
  const config = { ...((await (await fetch(`zoo/${BASE}/config.json`)).json()) as object), eos_token_id: null };
  const names = ['model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
  endless ??= (async () => {
    const files = await Promise.all(
      names.map(async (name) => new File([await (await fetch(`zoo/${BASE}/${name}`)).blob()], name)),
    );
    const all = [
      ...files,
      new File([JSON.stringify(config)], 'config.json'),
      new File(['{}'], 'generation_config.json'),
    ];
    return (
      await runtime.addFiles(
        alias,
        all.map((file) => ({ path: file.name, file })),
        () => undefined,
        never,
      )
    ).src;
  })();
  const recipe = {
    v: 1,
    models: { [alias]: { src: await endless } },
    merge: { merge_method: 'linear', models: [] },
  } as Recipe;
  const { [alias]: result } = await run(recipe, [alias], once(count));
  return { ms: result!.totalMs, tokens: result!.ids.length };
}
let endless: Promise<string> | null = null;

function kernel(elements: number, rounds: number): Promise<KernelFigures> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('../../workers/kernel.worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<KernelFigures>) => {
      worker.terminate();
      resolve(data);
    };
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ elements, rounds });
  });
}

export const harness = { recordable, record, recordSteps, slider, flips, map, tokens, kernel };
export type Harness = typeof harness;
Object.assign(globalThis, { harness });
