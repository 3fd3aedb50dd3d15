import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { CHROMIUM_FLAGS, browserEnvironment, findBrowser } from './src/cli/browsers.ts';

const patterns = (folder: string) => [
  `test/${folder}/**/*.test.ts`,
  ...(process.env.TEST_ALL ? [`test/${folder}/**/*.slow.ts`] : []),
];

export default defineConfig({
  test: {
    projects: [
      {
        extends: './vite.config.ts',
        test: { name: 'unit', environment: 'node', include: patterns('unit'), testTimeout: 60_000 },
      },
      {
        extends: './vite.config.ts',
        test: {
          name: 'browser',
          include: patterns('browser'),
          testTimeout: 120_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                executablePath: findBrowser('chromium') ?? undefined,
                args: CHROMIUM_FLAGS,
                env: browserEnvironment(),
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        test: {
          name: 'e2e',
          environment: 'node',
          include: patterns('e2e'),
          testTimeout: 180_000,
          hookTimeout: 120_000,
          // Each file drives a browser that wants a core of its own.
          fileParallelism: false,
        },
      },
    ],
  },
});
