import { describe, expect, test } from 'vitest';
import { settle } from '../../../../src/core/recipe/settle';
import type { MergeDoc } from '../../../../src/core/recipe/types';
import { recipeFromYaml, recipeToYaml } from '../../../../src/core/recipe/yaml';
import { HEX64, lesson } from './recipes';

const bench = lesson().models;
const read = (text: string, given: Record<string, string> = {}, models = bench) => {
  const { recipe, aliases } = recipeFromYaml(text);
  return settle(recipe, aliases, models, given);
};
const sum = (base: string, model: string): string =>
  `merge_method: task_arithmetic\nbase_model: ${base}\nmodels:\n  - {model: ${model}, parameters: {weight: 1}}\n`;
const named = (merge: unknown): string[] => {
  const doc = merge as MergeDoc;
  return [doc.base_model!, ...doc.models!.map(({ model }) => model)];
};

describe('a text laid over a bench', () => {
  test('keeps the names that the models have there, and the models that it does not use', () => {
    const { models, merge, missing } = read(sum('zoo:base-1', 'zoo:chat-1'));
    expect(named(merge)).toEqual(['base', 'chat']);
    expect(models).toEqual(bench);
    expect(missing).toEqual([]);
  });

  test('takes a name of the bench for the model of that name', () => {
    const { models, merge, missing } = read(sum('base', 'zh'));
    expect(named(merge)).toEqual(['base', 'zh']);
    expect([models, missing]).toEqual([bench, []]);
  });

  test('changes nothing of a recipe that was written by the page', () => {
    const { models, merge } = read(recipeToYaml(lesson()));
    expect({ models, merge }).toEqual({ models: bench, merge: lesson().merge });
  });

  test('adds a model that comes with the page', () => {
    const { models, merge } = read(sum('base', 'zoo:ko-1'));
    expect(named(merge)).toEqual(['base', 'ko_1']);
    expect(models.ko_1).toEqual({ src: 'zoo:ko-1' });
  });

  test('names what is missing as the text does, until it is given', () => {
    const text = sum('base', 'org/Some-Model');
    expect(read(text).missing).toEqual([{ alias: 'Some_Model', string: 'org/Some-Model' }]);
    const local = { ...bench, local_1: { src: `file:${HEX64}` } };
    const { models, merge, missing } = read(text, { 'org/Some-Model': `file:${HEX64}` }, local);
    expect(missing).toEqual([]);
    expect(named(merge)).toEqual(['base', 'local_1']);
    expect(models).toEqual(local);
  });

  test('keeps a stage apart from a model of the same name', () => {
    const text = `name: chat\nmerge_method: linear\nmodels: [{model: "zoo:chat-1", parameters: {weight: 1}}, {model: "zoo:zh-1", parameters: {weight: 1}}]\n---\n${sum('zoo:base-1', 'chat')}`;
    const { models, merge } = read(text);
    const [first, second] = merge as MergeDoc[];
    expect(first!.models!.map(({ model }) => model)).toEqual(['chat_1', 'zh']);
    expect(named(second)).toEqual(['base', 'chat']);
    expect(models.chat_1).toEqual({ src: 'zoo:chat-1' });
    expect(models).not.toHaveProperty('chat');
  });
});
