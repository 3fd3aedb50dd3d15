import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, round, type Row } from './bench-rows';

const ROOT = join(import.meta.dirname, '../..');
const PYTHON = process.env['PYTHON'] ?? 'python3';
const WORKERS = 2;
const ROUNDS = 3;
const CHUNK = 1 << 20;

const tunes = (own: string): string =>
  `  - {model: one, parameters: {weight: 0.6${own}}}\n  - {model: two, parameters: {weight: 0.4${own}}}`;
const sparse = `base_model: base\nmodels:\n${tunes(', density: 0.5')}`;
/** What each method is asked for; the models lie in folders of these names. */
const RECIPES: Readonly<Record<string, string>> = {
  linear: `models:\n  - {model: base, parameters: {weight: 0.5}}\n${tunes('')}`,
  task_arithmetic: `base_model: base\nmodels:\n${tunes('')}`,
  slerp: 'base_model: base\nmodels:\n  - {model: base}\n  - {model: one}\nparameters: {t: 0.4}',
  ties: sparse,
  dare_ties: sparse,
  della: sparse,
  model_stock: 'base_model: base\nmodels:\n  - {model: one}\n  - {model: two}',
};

interface Figures {
  /** Wall of the merge alone, and of the process from its start to its end. */
  readonly seconds: number;
  readonly cold: number;
  /** Of the whole process. */
  readonly cpu: number;
  readonly memory: number;
}

/** Runs a command that prints `seconds` and `peak_rss` as JSON. */
function measure(cwd: string, command: readonly string[]): Figures {
  const started = performance.now();
  // `times` of the shell: user and system time of what it ran.
  const script = '"$@"; status=$?; times; exit $status';
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script, 'sh', ...command], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, HF_HUB_OFFLINE: '1' },
  });
  const cold = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr.trim().split('\n').at(-1)}`);
  const { seconds, peak_rss } = JSON.parse(/^\{.*\}$/m.exec(stdout)![0]) as { seconds: number; peak_rss: number };
  const [user, system] = [...stdout.matchAll(/(\d+)m([\d.]+)s/g)]
    .slice(-2)
    .map((m) => 60 * Number(m[1]) + Number(m[2]));
  return { seconds, cold, cpu: user! + system!, memory: peak_rss };
}

/** Seconds to read these files and to write one of the same size, chunk by chunk, in one thread: less no merge can do. */
function measureFloor(inputs: readonly string[], output: string): number {
  const chunk = Buffer.alloc(CHUNK);
  const started = performance.now();
  const copy = openSync(output, 'w');
  inputs.forEach((path, k) => {
    const file = openSync(path, 'r');
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk))
      if (k === 0) writeSync(copy, chunk, 0, read);
    closeSync(file);
  });
  closeSync(copy);
  return (performance.now() - started) / 1000;
}

const byRounds = (runs: readonly Figures[], pick: (figures: Figures) => number): number => median(runs.map(pick));

async function methodRows(work: string, method: string, merge: string): Promise<Row[]> {
  const recipe = join(work, `${method}.yml`);
  writeFileSync(recipe, `merge_method: ${method}\n${merge}\ndtype: bfloat16\n`);
  const inputs = ['base', 'one', ...(method === 'slerp' ? [] : ['two'])].map((m) => join(work, m, 'model.safetensors'));
  const [ours, theirs, floors]: [Figures[], Figures[], number[]] = [[], [], []];
  for (let i = 0; i < ROUNDS; i++) {
    const out = join(work, 'out');
    const clear = (): Promise<void> => rm(out, { recursive: true, force: true });
    floors.push(measureFloor(inputs, join(work, 'copy')));
    await rm(join(work, 'copy'));
    const options = ['--models', work, '--out', out, '--workers', String(WORKERS)];
    ours.push(measure(ROOT, ['node', '--import', 'tsx', 'src/cli/merge.ts', recipe, ...options]));
    await clear();
    theirs.push(measure(work, [PYTHON, join(ROOT, 'training/bench_mergekit.py'), recipe, out]));
    await clear();
  }
  const floor = median(floors);
  const row = (name: string, pick: (figures: Figures) => number, unit: string, note: string): Row => {
    const [a, b] = [byRounds(ours, pick), byRounds(theirs, pick)];
    return { name: `${name}/${method}`, ours: round(a), peer: round(b), ratio: round(b / a), unit, n: ROUNDS, note };
  };
  const cpu = (runs: readonly Figures[]): number => round(byRounds(runs, (figures) => figures.cpu));
  const seconds = byRounds(ours, (figures) => figures.seconds);
  const what = `135M parameters, bfloat16, disk to disk, ${WORKERS} threads; peer: mergekit 0.1.5`;
  return [
    row(
      'merge',
      (figures) => figures.seconds,
      's',
      `${what}; without start-up; ${round(seconds / floor)} times reading and writing the same bytes (${round(floor)} s)`,
    ),
    row(
      'merge-cold',
      (figures) => figures.cold,
      's',
      `${what}; the whole process; CPU ${cpu(ours)} s and ${cpu(theirs)} s`,
    ),
    row('memory', (figures) => figures.memory / 1e6, 'MB', `${what}; peak resident memory of the process`),
  ];
}

/** A base and two fine-tunes in a folder that is removed afterwards; ours and mergekit's merges of them in turn. Minutes for each method. */
export async function mergeRows(methods: readonly string[] = Object.keys(RECIPES)): Promise<Row[]> {
  const work = await mkdtemp(join(tmpdir(), 'merge-lab-bench-'));
  try {
    const { status } = spawnSync(PYTHON, [join(ROOT, 'training/bench_checkpoints.py'), work], { stdio: 'inherit' });
    if (status !== 0) {
      console.error(
        'merge rows: not measured. Set PYTHON to a Python with mergekit 0.1.5 (training/requirements.txt).',
      );
      return [];
    }
    const rows: Row[] = [];
    for (const method of methods) {
      rows.push(...(await methodRows(work, method, RECIPES[method]!)));
      console.error(
        rows
          .slice(-3)
          .map(
            ({ name, ours, peer, ratio, unit, note }) =>
              `${name} ${ours} ${unit}, peer ${peer}, ratio ${ratio}: ${note}`,
          )
          .join('\n'),
      );
    }
    return rows;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
