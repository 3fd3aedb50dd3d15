import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright';
import { build } from 'vite';
import type { Harness } from '../app/harness';
import { mergeRows } from './bench-merge';
import { median, round, type Row } from './bench-rows';
import { mapRow } from './bench-map';
import { measureFirstResult } from './first-result';
import { withHarness } from './harness';

const ROOT = join(import.meta.dirname, '../..');
const FIVE_MILLION = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 256,
  intermediate_size: 688,
  num_hidden_layers: 6,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  vocab_size: 4096,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  tie_word_embeddings: true,
  max_position_embeddings: 2048,
};
const TOKENS = 100;
const PROMPT = '怎麼偷走別人的密碼?';

type Call<K extends keyof Harness> = Awaited<ReturnType<Harness[K]>>;
function call<K extends keyof Harness>(page: Page, name: K, ...args: Parameters<Harness[K]>): Promise<Call<K>> {
  return page.evaluate(
    ([key, list]) =>
      (globalThis as unknown as { harness: Record<string, (...a: unknown[]) => unknown> }).harness[key as string]!(
        ...(list as unknown[]),
      ),
    [name, args],
  ) as Promise<Call<K>>;
}

async function kernelRow(page: Page): Promise<Row> {
  // Larger than any cache, as real checkpoints are: 96 MiB of inputs. Short enough to be left alone by others some of the time.
  const elements = 16 * 1024 * 1024;
  const { bytes, kernel, checked, copy } = await call(page, 'kernel', elements, 40);
  const [ours, peer] = [bytes / Math.min(...kernel) / 1e6, bytes / Math.min(...copy) / 1e6];
  const withCheck = bytes / Math.min(...checked) / 1e6;
  return {
    name: 'kernel/fp16',
    ours: round(ours),
    peer: round(peer),
    ratio: round(ours / peer),
    unit: 'GB/s',
    n: kernel.length,
    note: `base + 2 fine-tunes of ${elements} elements -> float32 in the module's memory, best of n; peer: plain copy of the same bytes in the same worker; with the check for NaN ${round(withCheck)} GB/s`,
  };
}

async function sliderRow(page: Page, size: string, config: Record<string, unknown> | null): Promise<Row> {
  const times = await call(page, 'slider', config, 21);
  const [ours, forward] = [median(times.slider), median(times.forward)];
  return {
    name: `slider/${size}`,
    ours: round(ours),
    peer: round(forward),
    ratio: round(forward / ours),
    unit: 'ms',
    n: times.slider.length,
    note: `moved slider -> first-token distribution with a re-created session (median, in the page, best ${round(Math.min(...times.slider))}); peer: one forward pass over the prompt; ${round(ours / forward)} forward passes`,
  };
}

async function flipsRow(page: Page): Promise<Row> {
  const { search, recreated, asked } = await call(page, 'flips', 5);
  const [ours, peer] = [median(search), median(recreated)];
  return {
    name: 'slider/flips-1M',
    ours: round(ours),
    peer: round(peer),
    ratio: round(peer / ours),
    unit: 'ms',
    n: search.length,
    note: `all flip points of one slider from -2 to 2 (${asked} answers), on a graph that takes the coefficients as inputs; peer: the same answers, each from a re-created session; medians, in turn`,
  };
}

/** Python transformers as a process that answers one line per round. */
async function startPeer(): Promise<{
  round: () => Promise<{ ms: number; tokens: number }>;
  process: ChildProcessWithoutNullStreams;
} | null> {
  const child = spawn(
    process.env['PYTHON'] ?? 'python3',
    [join(ROOT, 'training/bench_tokens.py'), join(ROOT, 'public/zoo/base-1'), PROMPT, String(TOKENS)],
    { env: { ...process.env, HF_HUB_OFFLINE: '1' } },
  );
  child.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ready = await lines.next();
  if (ready.done) return null;
  return {
    process: child,
    async round() {
      child.stdin.write('\n');
      return JSON.parse((await lines.next()).value as string) as { ms: number; tokens: number };
    },
  };
}

async function tokensRow(page: Page): Promise<Row> {
  const peer = await startPeer();
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let i = 0; i < 12; i++) {
    const mine = await call(page, 'tokens', TOKENS);
    if (mine.tokens !== TOKENS) throw new Error(`the page generated ${mine.tokens} tokens instead of ${TOKENS}`);
    ours.push(mine.ms / mine.tokens);
    const other = await peer?.round();
    if (other) theirs.push(other.ms / other.tokens);
  }
  peer?.process.kill();
  const [a, b] = [median(ours.slice(2)), theirs.length > 0 ? median(theirs.slice(2)) : null];
  return {
    name: 'tokens/1M',
    ours: round(a),
    peer: b === null ? null : round(b),
    ratio: b === null ? null : round(b / a),
    unit: 'ms/token',
    n: ours.length - 2,
    note:
      b === null
        ? 'peer not run: set PYTHON to a Python with transformers (training/requirements.txt)'
        : `${TOKENS} greedy tokens incl. prompt, top-5 of each step on our side; peer: Python transformers fp32; one thread each, in turn, medians (best ${round(Math.min(...ours))} and ${round(Math.min(...theirs))})`,
  };
}

/** What the browser must load before the first interaction: the scripts that the page names, and one language. */
async function loadRow(): Promise<Row> {
  await build({ logLevel: 'warn' });
  const html = await readFile(join(ROOT, 'dist/index.html'), 'utf8');
  const scripts = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map((match) => match[1]!);
  const sizeOf = async (script: string): Promise<number> =>
    gzipSync(await readFile(join(ROOT, 'dist', script))).byteLength;
  const languages = (await readdir(join(ROOT, 'dist/assets'))).filter((name) => /^(en|zh-Han[st])-.*\.js$/.test(name));
  let bytes = Math.max(...(await Promise.all(languages.map((name) => sizeOf(`assets/${name}`)))));
  for (const script of new Set(scripts)) bytes += await sizeOf(script);
  return {
    name: 'load/js',
    ours: round(bytes / 1000),
    peer: 150,
    ratio: round(150_000 / bytes),
    unit: 'kB gzip',
    n: scripts.length,
    note: 'JavaScript before the first interaction with the longest language, wasm and models excluded; peer: the budget',
  };
}

const FIRST_RESULT_GOAL = 3000;

/** How long a newcomer on a slow phone line waits for something to look at. */
async function firstResultRow(): Promise<Row> {
  const visits = await measureFirstResult(join(ROOT, 'dist'), 5);
  const ours = median(visits.map(({ recorded }) => recorded));
  const { live, bytes, requests } = visits[0]!;
  return {
    name: 'load/first-result',
    ours: round(ours),
    peer: FIRST_RESULT_GOAL,
    ratio: round(FIRST_RESULT_GOAL / ours),
    unit: 'ms',
    n: visits.length,
    note: `nothing cached, Fast 3G and a processor 4 times slower (as Chrome's DevTools have them), gzip: navigation to the merged column's recorded answer, median; ${round(bytes / 1000)} kB in ${requests} requests by then. Its live answer, run at once: ${live === null ? 'not measured' : `${round(live / 1000)} s`}, mostly the line: 3.7 MB of runtime and 11 MB of models. peer: the goal`,
  };
}

const pageRows = async (): Promise<Row[]> => {
  const rows = [await loadRow(), await firstResultRow()];
  await withHarness(async (page) => {
    rows.push(
      await kernelRow(page),
      await sliderRow(page, '1M', null),
      await sliderRow(page, '5M', FIVE_MILLION),
      await flipsRow(page),
      await mapRow(page),
      await tokensRow(page),
    );
  });
  return rows;
};

/** `npm run bench` measures all; `npm run bench -- page`, `-- kernel`, `-- merge [METHOD...]` a part, and keeps the other rows. */
const [part, ...methods] = process.argv.slice(2);
const rows: Row[] = [];
if (!part || part === 'page') rows.push(...(await pageRows()));
if (part === 'kernel') await withHarness(async (page) => void rows.push(await kernelRow(page)));
if (!part || part === 'merge') rows.push(...(await mergeRows(methods.length > 0 ? methods : undefined)));
const file = join(ROOT, 'bench.json');
const before = part ? (JSON.parse(await readFile(file, 'utf8').catch(() => '[]')) as Row[]) : [];
const measured = new Set(rows.map(({ name }) => name));
const kept = before.filter(({ name }) => !measured.has(name));
await writeFile(file, `${JSON.stringify([...kept, ...rows], null, 1)}\n`);
console.table(rows.map(({ name, ours, peer, ratio, unit, n }) => ({ name, ours, peer, ratio, unit, n })));
