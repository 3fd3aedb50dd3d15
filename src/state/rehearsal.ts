import { LabError } from '../core/errors';
import { holds, type Evidence } from '../core/lesson/check';
import type { Lesson, Step } from '../core/lesson/types';
import { isRight, type NeuronExample } from '../core/probe/numeric';
import type { Recipe } from '../core/recipe/types';
import type { LabRuntime } from '../runtime/types';
import type { ProgressCallback } from '../engine/api';
import { columnKey, defaultColumns, MERGED, toRequest, weightsKey } from './keys';
import { neuronFiles } from './neuron-files';
import type { Recorded } from './recorded';

/** What one step came to. Times in milliseconds from the start of its run; null where nothing new had to be run. */
interface Outcome {
  firstMs: number | null;
  totalMs: number | null;
  /** Claims that hold. */
  held: number;
  recorded: boolean;
}

const MAX_COLUMNS = 6;

/** Runs the benches of a lesson beside the page's own bench, each column only where the step before has not shown it. */
export class Rehearsal {
  /** Answers by what they depend on. */
  readonly #answers = new Map<string, string>();
  readonly #recorded: ReadonlySet<string>;

  constructor(
    private readonly lesson: Lesson,
    private readonly recordings: readonly Recorded[],
    private readonly runtime: LabRuntime,
    private readonly onProgress: ProgressCallback,
    private readonly signal: AbortSignal,
  ) {
    this.#recorded = new Set(
      recordings.flatMap(({ recipe, columns }) =>
        Object.keys(columns[MERGED] ?? {}).map((prompt) =>
          columnKey({ ...recipe, run: { ...recipe.run, prompts: [prompt] } }, MERGED),
        ),
      ),
    );
  }

  /**
   * @param recipe the bench of the step, after what it asks the hands to do
   * @throws LabError whatever opening, merging or running throws; `aborted`
   */
  step(recipe: Recipe, step: Step): Promise<Outcome> {
    return this.lesson.neurons ? this.#compute(recipe, step, this.lesson.neurons) : this.#ask(recipe, step);
  }

  async #ask(recipe: Recipe, step: Step): Promise<Outcome> {
    const { signal, onProgress } = this;
    const columns = (recipe.view?.columns ?? defaultColumns(recipe, MAX_COLUMNS)).filter(
      (alias) => !this.#answers.has(columnKey(recipe, alias)),
    );
    const begun = performance.now();
    let firstMs: number | null = null;
    let failure: LabError | null = null;
    if (columns.length > 0) {
      await this.runtime.open(recipe, onProgress, signal);
      await this.runtime.run(
        recipe,
        columns,
        toRequest(recipe),
        {
          onProgress: (_, progress) => onProgress(progress),
          onEvent: (column, { type }) => {
            if (type !== 'prompt' && column === columns.at(-1)) firstMs ??= performance.now() - begun;
          },
          onDone: (column, { text }) => this.#answers.set(columnKey(recipe, column), text),
          onFailed: (_, { code, message, params }) => (failure ??= new LabError(code, message, params)),
        },
        signal,
      );
    }
    if (failure) throw failure as LabError;
    return {
      firstMs,
      totalMs: columns.length > 0 ? performance.now() - begun : null,
      held: this.#held(step, {
        answer: (column) => this.#answers.get(columnKey(recipe, column)) ?? null,
        rate: (column, key) => this.#rate(recipe, column, key),
        task: () => null,
      }),
      recorded: this.#recorded.has(columnKey(recipe, MERGED)),
    };
  }

  /** Counting takes longer than a rehearsal may: what was recorded of the same weights is what the class sees first. */
  #rate(recipe: Recipe, column: string, key: string) {
    const weights = weightsKey(recipe, column);
    const found = this.recordings.find(
      ({ recipe: own, rates }) => weightsKey(own, column) === weights && rates[column]?.[key] !== undefined,
    );
    return found?.rates[column]?.[key] ?? null;
  }

  async #compute(recipe: Recipe, step: Step, examples: readonly NeuronExample[]): Promise<Outcome> {
    const { signal, onProgress, runtime } = this;
    const begun = performance.now();
    const sources = Object.values(recipe.models).map(({ src }) => src);
    const example = examples.find(({ recipe: own }) =>
      Object.values(own.models).every(({ src }) => sources.includes(src)),
    );
    if (!example) return { firstMs: null, totalMs: null, held: 0, recorded: false };
    for (const [alias, row] of Object.entries(example.weights))
      await runtime.addFiles(alias, neuronFiles(alias, row), onProgress, signal);
    await runtime.open(recipe, onProgress, signal);
    const columns = [...Object.keys(recipe.models), MERGED];
    const rows = example.tasks.map(({ inputs }) => [...inputs]);
    const results = await runtime.compute(recipe, columns, rows, (_, progress) => onProgress(progress), signal);
    const ms = performance.now() - begun;
    const held = this.#held(step, {
      answer: () => null,
      rate: () => null,
      task: (column, id) => {
        const at = example.tasks.findIndex((task) => task.id === id);
        const output = results[column]?.output?.[at]?.[0];
        const target = example.tasks[at]?.target;
        return output === undefined || target === undefined ? null : isRight(output, target);
      },
    });
    return { firstMs: ms, totalMs: ms, held, recorded: false };
  }

  #held({ check }: Step, evidence: Evidence): number {
    return check.filter((claim) => holds(claim, evidence) === true).length;
  }
}
