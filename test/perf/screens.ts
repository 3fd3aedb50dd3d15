/**
 * Takes the pictures of docs/screens from the production build: `npm run build && npx tsx test/perf/screens.ts`. They are
 * committed with 256 colours, a quarter of the size (Pillow: `image.convert("RGB").quantize(256)`).
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { browserEnvironment, CHROMIUM_FLAGS, findBrowser } from '../../src/cli/browsers';
import { serveLab } from '../serve';

const FOLDER = join(import.meta.dirname, '../../docs/screens');
const HEIGHTS = { 1440: 900, 1024: 768, 390: 844 } as const;

await mkdir(FOLDER, { recursive: true });
const server = await serveLab();
const browser = await chromium.launch({
  executablePath: findBrowser('chromium') ?? undefined,
  args: CHROMIUM_FLAGS,
  env: browserEnvironment(),
});

interface View {
  lesson: string;
  width: keyof typeof HEIGHTS;
  theme: 'light' | 'dark';
  lang: string;
}

/** The bench after a run, from top to bottom. */
async function take({ lesson, width, theme, lang }: View, file: string): Promise<void> {
  const context = await browser.newContext({ viewport: { width, height: HEIGHTS[width] }, colorScheme: theme });
  const page = await context.newPage();
  await page.goto(new URL(`?lesson=${lesson}&lang=${lang}`, server.url).href);
  await page.getByTestId('run').click();
  await page.waitForSelector('[data-testid="status"][data-run="1"]');
  await page.waitForSelector('[data-testid="fingerprint"][data-state="new"]');
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  // The window grows to the page: what is fixed to its edge would else lie across the middle of the picture.
  const whole = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height: Math.max(HEIGHTS[width], whole) });
  await page.screenshot({ path: join(FOLDER, file) });
  await context.close();
}

for (const width of [1440, 1024, 390] as const)
  for (const theme of ['light', 'dark'] as const)
    for (const lang of ['en', 'zh-Hant'])
      await take({ lesson: 'addition', width, theme, lang }, `bench-${width}-${theme}-${lang}.png`);
for (const lesson of ['analogy', 'reward-vision', 'reward-code'])
  await take({ lesson, width: 1440, theme: 'light', lang: 'en' }, `${lesson}-1440-light-en.png`);
await browser.close();
await server.close();
