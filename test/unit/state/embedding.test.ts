import { describe, expect, test } from 'vitest';
import { addition } from '../../../src/lessons/addition/lesson';
import { embedAddress, embedColumns, embedHtml } from '../../../src/state/embedding';

const { recipe, steps } = addition;
const look = steps[0]!;

describe('columns of an embedded panel', () => {
  test('are those that the step is about, in the recipe’s order', () => {
    expect(embedColumns(recipe, look, 'http://h/')).toEqual(['chat', 'zh', 'merged']);
    expect(embedColumns(recipe, steps[1]!, 'http://h/')).toEqual(['base', 'merged']);
  });
  test('are those that the address names, the merged one always', () => {
    expect(embedColumns(recipe, look, 'http://h/?columns=naive,base')).toEqual(['base', 'naive', 'merged']);
    expect(embedColumns(recipe, look, 'http://h/?columns=stranger')).toEqual(['chat', 'zh', 'merged']);
  });
  test('are a link’s own where they fit', () => {
    const few = { ...recipe, view: { columns: ['zh', 'merged'] } };
    expect(embedColumns(few, null, 'http://h/')).toEqual(['zh', 'merged']);
    expect(embedColumns(recipe, null, 'http://h/')).toEqual(['base', 'merged']);
  });
});

describe('the snippet', () => {
  test('leads to the panel, with lesson, language and recipe kept', () => {
    expect(embedAddress('https://h/l/?view=present&lesson=addition&step=2&lang=en', ['zh', 'merged'])).toBe(
      'https://h/l/?lesson=addition&step=2&lang=en&view=embed&columns=zh,merged',
    );
    expect(embedAddress('https://h/l/#1.abc', ['zh', 'merged'])).toBe(
      'https://h/l/?view=embed&columns=zh,merged#1.abc',
    );
  });
  test('is one iframe with a title, whatever the title holds', () => {
    const html = embedHtml('https://h/?a=1&b=2', 'a "b" <i>c</i> & d');
    expect(html.match(/<iframe/g)).toHaveLength(1);
    expect(html).toContain('src="https://h/?a=1&amp;b=2"');
    expect(html).toContain('title="a &quot;b&quot; &lt;i&gt;c&lt;/i&gt; &amp; d"');
    expect(html).toMatch(/sandbox="[^"]*allow-scripts[^"]*"/);
    expect(html).not.toContain('allow-top-navigation');
  });
});
