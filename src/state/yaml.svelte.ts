import { toPlainError, type PlainError } from '../core/errors';
import { canonicalJson } from '../core/recipe/canonical';
import { settle, type MissingModel } from '../core/recipe/settle';
import type { Notice, Recipe } from '../core/recipe/types';
import type { YamlRecipe } from '../core/recipe/yaml';
import { zooModels, type ZooModel } from '../runtime/zoo';
import type { Lab } from './lab.svelte';

/** Rest before a text is read, so that a word half written is no mistake yet. */
const REST_MS = 250;

const keyOf = ({ models, merge }: Pick<Recipe, 'models' | 'merge'>): string => canonicalJson({ models, merge });

/**
 * The recipe as mergekit YAML, both ways. A text that can be read becomes the recipe; one that cannot stays a text, and
 * the recipe what it was. Reading and writing are done by the worker, which a hostile text cannot take the page along with.
 */
class YamlEditor {
  /** What the editor shows. */
  text = $state('');
  /** A change of the text that did not come from the editor's own keys. */
  rewritten = $state(0);
  problem = $state.raw<PlainError | null>(null);
  notices = $state.raw<readonly Notice[]>([]);
  missing = $state.raw<readonly MissingModel[]>([]);
  /** The text is not read yet. */
  pending = $state(false);
  /** Models that a text can name without anything being given; empty while unknown. */
  zoo = $state.raw<readonly ZooModel[]>([]);
  /** Sources that a person chose for model strings. */
  #given: Record<string, string> = {};
  /** The recipe that the text says, or last said. */
  #says = $state.raw('');
  #timer: ReturnType<typeof setTimeout> | undefined;
  #current: AbortController | null = null;

  /** The text is not (yet) the recipe. */
  get unsaid(): boolean {
    return this.pending || this.problem !== null || this.missing.length > 0;
  }

  /** The recipe was changed elsewhere, and no text of a person's would be lost by showing it. */
  due(lab: Lab): boolean {
    return !this.unsaid && keyOf(lab.recipe) !== this.#says;
  }

  /** The recipe was changed elsewhere while the text says something that is no recipe. */
  apart(lab: Lab): boolean {
    return this.unsaid && !this.pending && keyOf(lab.recipe) !== this.#says;
  }

  /** Learns what comes with the page; without it only less is offered. */
  async learn(): Promise<void> {
    if (this.zoo.length === 0) this.zoo = await zooModels().catch(() => []);
  }

  /** Shows the recipe's own text. */
  async show(lab: Lab): Promise<void> {
    const { recipe } = lab;
    await this.#ask(async (signal) => {
      const text = await (await lab.runner.runtime()).exportYaml(recipe, signal);
      if (signal.aborted) return;
      this.#says = keyOf(recipe);
      this.#accept();
      this.text = text;
      this.rewritten++;
    });
  }

  /** Each stroke; the text is read when the hand rests. */
  type(lab: Lab, text: string): void {
    this.text = text;
    this.pending = true;
    this.#current?.abort();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.read(lab), REST_MS);
  }

  /** Another text in place of this one: a file, an example. */
  put(lab: Lab, text: string): void {
    this.text = text;
    this.rewritten++;
    this.pending = true;
    void this.read(lab);
  }

  /** The text of an example for the models of the bench. */
  async putMerge(lab: Lab, merge: Recipe['merge']): Promise<void> {
    const recipe = { ...lab.recipe, merge };
    await this.#ask(async (signal) => {
      const text = await (await lab.runner.runtime()).exportYaml(recipe, signal);
      if (!signal.aborted) this.put(lab, text);
    });
  }

  /** Says where a model of the text is to be found. */
  give(lab: Lab, string: string, src: string): void {
    this.#given = { ...this.#given, [string]: src };
    void this.read(lab);
  }

  /** Reads the text; what it says becomes the recipe. */
  async read(lab: Lab): Promise<void> {
    clearTimeout(this.#timer);
    this.pending = true;
    const { text } = this;
    await this.#ask(async (signal) => {
      const imported = await (await lab.runner.runtime()).importYaml(text, signal);
      if (!signal.aborted) this.#take(lab, imported);
    });
  }

  #accept(): void {
    this.problem = null;
    this.notices = [];
    this.missing = [];
    this.pending = false;
  }

  #take(lab: Lab, { recipe, aliases, notices }: YamlRecipe): void {
    const { models, merge, missing } = settle(recipe, aliases, lab.recipe.models, this.#given);
    this.#accept();
    this.notices = notices;
    this.missing = missing;
    if (missing.length > 0) return;
    if (keyOf({ models, merge }) !== keyOf(lab.recipe)) lab.write(models, merge);
    this.#says = keyOf(lab.recipe);
  }

  /** Newest wins; a refusal is the editor's own, and no card. */
  async #ask(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#current?.abort();
    const controller = new AbortController();
    this.#current = controller;
    try {
      await work(controller.signal);
    } catch (error) {
      if (controller.signal.aborted) return;
      this.problem = toPlainError(error);
      this.missing = [];
      this.notices = [];
      this.pending = false;
    }
  }
}

export const yamlEditor = new YamlEditor();
