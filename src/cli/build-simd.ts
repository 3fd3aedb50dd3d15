import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import asc from 'assemblyscript/asc';
import { toBase64Url } from '../core/recipe/base64url';

const SIMD = join(import.meta.dirname, '../core/simd');

/** Compiles src/core/simd/wasm. @returns the text of src/core/simd/module.ts, the same on every machine */
export async function compileKernels(): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), 'merge-lab-simd-'));
  try {
    const out = join(work, 'kernels.wasm');
    const options = [
      '-O3',
      '--noAssert',
      '--runtime',
      'stub',
      '--importMemory',
      '--memoryBase',
      '0',
      '--enable',
      'simd',
    ];
    const { error, stderr } = await asc.main([join(SIMD, 'wasm/index.ts'), ...options, '--outFile', out]);
    if (error) throw new Error(`the SIMD kernels do not compile: ${stderr.toString()}`);
    const text = toBase64Url(await readFile(out));
    return `/** Compiled from wasm/ by src/cli/build-simd.ts (a test holds the two together): base64url. */\nexport const WASM =\n  '${text}';\n`;
  } finally {
    await rm(work, { recursive: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await writeFile(join(SIMD, 'module.ts'), await compileKernels());
