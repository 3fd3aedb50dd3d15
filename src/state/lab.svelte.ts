import type { MergeDoc, Recipe } from '../core/recipe/types';
import type { LabRuntime } from '../runtime/types';
import { askKind } from '../core/ask/kind';
import { toPlainError, type PlainError } from '../core/errors';
import { mergeToFormula } from '../core/recipe/formula-merge';
import { differenceOf, hasWeights, inputAliases, setCoupled, weightOf } from '../core/recipe/weights';
import { oddSum, readFormula } from './algebra';
import { sameness, withClaims } from './claims';
import { columnKey, defaultColumns, MERGED, referenceColumn } from './keys';
import { Mixer } from './mixer.svelte';
import { Neuron, NEURON } from './neuron.svelte';
import { withSeedWritten } from '../core/merge/seed';
import { showClaims } from './recorded';
import { results } from './results.svelte';
import { Runner } from './runner.svelte';
import { addFiles, addVector, importYaml, type Dropped } from './shelf-files';

export const MIN_COLUMNS = 2;
export const MAX_COLUMNS = 6;
const EMPTY: Recipe = { v: 1, models: {}, merge: { merge_method: 'linear', models: [] } };

/**
 * The one gateway to the bench. The recipe is the document; formula, sliders, columns and results are views of it.
 * Every change goes through `#edit`, which keeps the last good recipe whatever is refused.
 */
export class Lab {
  recipe = $state.raw<Recipe>(EMPTY);
  lesson = $state<string | null>(null);
  /** True after a change by the person: only then is the address rewritten. */
  edited = $state(false);
  /** Text in the formula bar while it is not (yet) a formula; null shows the recipe's own. */
  draft = $state<string | null>(null);
  problem = $state.raw<PlainError | null>(null);
  /** A weight is being typed: what it passes through is on the bench, and no run of its own. */
  typing = $state(false);
  /** Vectors with a card in the rack: those that ever had a weight, so that a card at 0 stays. */
  rack = $state.raw<readonly string[]>([]);
  readonly mixer = new Mixer(this);
  readonly neuron = new Neuron(this);
  readonly runner: Runner;
  #followAgain = false;

  constructor(load: () => Promise<LabRuntime>) {
    this.runner = new Runner(load);
  }

  get doc(): MergeDoc | null {
    return Array.isArray(this.recipe.merge) ? null : this.recipe.merge;
  }

  /** `editable` is false for a merge whose formula is only a summary (stages, gradients, filters, slices). */
  get formula(): { text: string; editable: boolean } {
    const { text, editable } = mergeToFormula(this.recipe.merge);
    return { text, editable: editable && this.doc !== null };
  }

  /** The sum of the coefficients where it is not 1. */
  get oddSum(): string | null {
    return oddSum(this.formula.text, Object.keys(this.recipe.models));
  }

  /** The models take rows of numbers; their panel takes the place of prompt and answers. */
  get numeric(): boolean {
    return this.recipe.view?.panel === NEURON;
  }

  /** What the bench works on; of it depend the box where it is asked, and which panels mean anything. */
  get kind(): 'text' | 'numbers' | 'sound' | 'pair' {
    return this.numeric ? 'numbers' : askKind(this.prompt);
  }

  get prompt(): string {
    return this.recipe.run?.prompts?.[0] ?? '';
  }

  get columns(): readonly string[] {
    return this.recipe.view?.columns ?? defaultColumns(this.recipe, MAX_COLUMNS);
  }

  get reference(): string {
    return referenceColumn(this.recipe, this.columns);
  }

  /** First position where not all columns agree, null while they do (or nothing ran). */
  get split(): number | null {
    const splits = this.columns
      .map((alias) => results.split(alias, this.reference))
      .filter((at) => typeof at === 'number');
    return splits.length === 0 ? null : Math.min(...splits);
  }

  source(alias: string): 'recorded' | 'live' | 'stale' {
    const column = results.columns[alias];
    if (!column || column.key !== columnKey(this.recipe, alias)) return 'stale';
    return column.origin === 'live' ? 'live' : 'recorded';
  }

  /** null: not one number (a gradient, filters), so no slider can say it. */
  weight(alias: string): number | null {
    return this.doc && weightOf(this.doc, alias);
  }

  /**
   * The model that a vector of the rack is measured from, where it is not the base: in C + w*(B - A) the rack has one
   * card, B, whose partner is A, and one slider moves both. Any other bench has none.
   */
  partner(alias: string): string | null {
    const [plus, minus] = (this.doc && differenceOf(this.doc)) ?? [];
    return plus === alias && minus !== undefined && !this.rack.includes(minus) ? minus : null;
  }

  /** What a vector is called: by its model, or as a difference. */
  vectorName(alias: string): string {
    const partner = this.partner(alias);
    return partner === null ? alias : `${alias} − ${partner}`;
  }

  /** A difference that was written as one has one card. Two sliders that meet by chance stay two. */
  #couple(): void {
    const pair = this.doc && differenceOf(this.doc);
    if (pair && this.weight(pair[0]) !== 0) this.rack = [pair[0]];
  }

  /** Replaces the whole bench: a lesson, a link, an imported YAML. */
  open(recipe: Recipe, lesson: string | null): void {
    this.runner.cancel();
    this.recipe = recipe;
    this.lesson = lesson;
    this.edited = false;
    this.draft = null;
    this.problem = null;
    this.mixer.clear();
    this.rack = this.doc ? inputAliases(this.doc) : [];
    this.#couple();
    results.clear();
    this.runner.forgetFingerprint();
    showClaims(recipe);
    if (this.numeric) this.neuron.opened(recipe);
  }

  /** A change that a lesson makes: not the person's own, and what still fits stays shown. */
  adopt(recipe: Recipe): void {
    this.resetFormula();
    this.mixer.clear();
    this.edit(recipe);
    this.#couple();
    this.edited = false;
    if (this.numeric) this.neuron.opened(recipe);
  }

  /** The bench leaves its lesson, as it is: from now on it is the person's own. */
  keep(): void {
    this.lesson = null;
    this.edited = true;
  }

  /** Any change of the recipe by the person; what no longer fits it is stale. */
  edit(next: Recipe): void {
    const same = sameness(this.recipe, next);
    const coupled = this.rack.find((alias) => this.partner(alias) !== null);
    this.recipe = withClaims(next, same);
    this.edited = true;
    if (!same.run || !same.weights) results.position = null;
    this.runner.recipeChanged(this.recipe);
    if (!same.weights && !(coupled !== undefined && this.partner(coupled) !== null)) {
      const vectors = this.doc ? inputAliases(this.doc) : [];
      const stays = (alias: string): boolean => alias in this.recipe.models && alias !== this.doc?.base_model;
      // A card at 0 stays where there are weights; where there are none, a model is in the merge or it is not.
      const kept = this.rack.filter(this.doc && !hasWeights(this.doc) ? (alias) => vectors.includes(alias) : stays);
      this.rack = [...kept, ...vectors.filter((alias) => !kept.includes(alias))];
    }
  }

  #setDoc(merge: MergeDoc): void {
    this.edit({ ...this.recipe, merge: withSeedWritten(merge) });
  }

  /** A slider, number field or mix button; the merged column follows at once where it can. */
  setWeight(alias: string, weight: number): void {
    if (!this.doc || !Number.isFinite(weight) || this.weight(alias) === null) return;
    this.mixer.forget(alias);
    this.draft = null;
    this.problem = null;
    this.#setDoc(setCoupled(this.doc, alias, weight, this.partner(alias)));
    this.follow();
  }

  /** Models whose weights were typed anew: the aliases stay, their fingerprints change. */
  setSources(sources: Readonly<Record<string, string>>): void {
    const changed = Object.entries(sources).filter(([alias, src]) => this.recipe.models[alias]?.src !== src);
    if (changed.length === 0) return;
    const models = Object.fromEntries(changed.map(([alias, src]) => [alias, { src }]));
    this.edit({ ...this.recipe, models: { ...this.recipe.models, ...models } });
  }

  /** Typing in the formula bar: a valid formula becomes the recipe, anything else stays text with its error. */
  typeFormula(text: string): void {
    this.draft = text;
    if (!this.doc) return;
    try {
      const merge = readFormula(text, Object.keys(this.recipe.models), this.doc);
      this.problem = null;
      this.mixer.clear();
      if (JSON.stringify(merge) === JSON.stringify(this.doc)) return;
      this.#setDoc(merge);
      this.#couple();
      this.follow();
    } catch (error) {
      this.problem = toPlainError(error);
    }
  }

  /** Leaving the formula bar: a valid text takes the recipe's own spelling. */
  settleFormula(): void {
    if (this.problem === null) this.draft = null;
  }

  resetFormula(): void {
    this.draft = null;
    this.problem = null;
  }

  /** A new document from a control: another method, parameter or seed. */
  change(merge: MergeDoc): void {
    if (merge === this.doc) return;
    this.resetFormula();
    this.#setDoc(merge);
    this.follow();
  }

  /** Models and merge as they were written by hand; prompt and columns stay. */
  write(models: Recipe['models'], merge: Recipe['merge']): void {
    this.resetFormula();
    this.mixer.clear();
    this.edit({
      ...this.recipe,
      models,
      merge: Array.isArray(merge) ? merge.map(withSeedWritten) : withSeedWritten(merge),
    });
    this.#couple();
    this.follow();
  }

  setPrompt(prompt: string): void {
    this.edit({ ...this.recipe, run: { ...this.recipe.run, prompts: [prompt] } });
  }

  setColumns(columns: readonly string[]): void {
    if (columns.length < MIN_COLUMNS || columns.length > MAX_COLUMNS) return;
    this.edit({ ...this.recipe, view: { ...this.recipe.view, columns: [...columns] } });
  }

  /** Runs what is not live yet; when all is, runs everything again. */
  async run(): Promise<void> {
    if (this.numeric) return this.neuron.compute();
    this.#followAgain = false;
    const outdated = this.columns.filter(
      (alias) => this.source(alias) !== 'live' || results.columns[alias]?.phase !== 'done',
    );
    await this.runner.run(this.recipe, outdated.length > 0 ? outdated : this.columns, false);
    this.#goOn();
  }

  /** What was changed while models ran is run now, unless that run was ended by another one or by hand. */
  #goOn(): void {
    if (!this.#followAgain || this.runner.busy) return;
    this.#followAgain = false;
    if (this.source(MERGED) === 'live') return;
    if (this.#canFollow) void this.#followOnce();
    else this.release();
  }

  /** A slider let go: what could not follow the drag runs now, unless that would fetch from a stranger's host. */
  release(): void {
    if (this.numeric || !this.columns.includes(MERGED)) return;
    if (this.runner.occupied) this.#followAgain = true;
    if (this.runner.occupied || this.runner.canFollow(this.recipe)) return;
    const ours = Object.values(this.recipe.models).every(({ src }) => !src.startsWith('hub:'));
    if (ours && this.source(MERGED) !== 'live') void this.run();
  }

  cancel(): void {
    this.#followAgain = false;
    this.runner.cancel();
  }

  /** Ends what runs for this bench; what only counts goes on. */
  drop(): void {
    this.#followAgain = false;
    if (this.runner.occupied) this.runner.cancel();
  }

  get #canFollow(): boolean {
    return !this.numeric && this.columns.includes(MERGED) && this.runner.canFollow(this.recipe);
  }

  /** The merged column follows the slider: newest wins, and each value gets at least its first token. */
  follow(): void {
    if (this.numeric || !this.columns.includes(MERGED)) return;
    if (this.runner.occupied) this.#followAgain = true;
    else if (this.#canFollow) void this.#followOnce();
  }

  /** As `follow`, for a bench that was exchanged as a whole: what ran is of no use to it. */
  catchUp(): void {
    this.drop();
    if (this.#canFollow && this.source(MERGED) === 'stale') void this.#followOnce();
  }

  async #followOnce(): Promise<void> {
    this.#followAgain = false;
    await this.runner.run(this.recipe, [MERGED], true, () => {
      if (this.#followAgain) this.runner.cancel();
    });
    if (this.#followAgain) void this.#followOnce();
  }

  addFiles(groups: readonly Dropped[]): Promise<void> {
    return addFiles(this, groups);
  }

  addVector(alias: string): Promise<void> {
    return addVector(this, alias);
  }

  importYaml(text: string): Promise<boolean> {
    return importYaml(this, text);
  }

  /** A model that the merge does not use yet, with a column where there is room. @param base what an adapter is laid on */
  addModel(alias: string, src: string, base?: string): void {
    const columns = this.columns.length < MAX_COLUMNS ? [...this.columns, alias] : [...this.columns];
    this.edit({
      ...this.recipe,
      models: { ...this.recipe.models, [alias]: base === undefined ? { src } : { src, base } },
      view: { ...this.recipe.view, columns },
    });
  }

  /** Opens the models without running: what is missing says so at once. */
  async check(): Promise<void> {
    const { recipe } = this;
    const summaries = await this.runner.job('open', false, (runtime, signal) =>
      runtime.open(recipe, this.runner.onProgress, signal),
    );
    if (summaries) this.runner.learn(summaries);
  }
}
