import { describe, expect, test } from 'vitest';
import { keepIfWhole, partOf } from '../../../src/engine/kept';

const whole = () => new Response('0123456789', { headers: { 'Content-Type': 'text/plain', 'Content-Length': '10' } });

describe('a kept body', () => {
  test('is answered whole where nothing else is asked for', async () => {
    for (const header of [null, 'bytes=7-3']) {
      const response = await partOf(whole(), header);
      expect(response.status).toBe(200);
      expect(await response.text()).toBe('0123456789');
    }
  });

  test('is answered in part, saying which', async () => {
    const response = await partOf(whole(), 'bytes=2-4');
    expect(response.status).toBe(206);
    expect(response.headers.get('Content-Range')).toBe('bytes 2-4/10');
    expect(response.headers.get('Content-Length')).toBe('3');
    expect(response.headers.get('Content-Type')).toBe('text/plain');
    expect(await response.text()).toBe('234');
  });

  test('says how long it is to who asks for more', async () => {
    const response = await partOf(whole(), 'bytes=10-');
    expect(response.status).toBe(416);
    expect(response.headers.get('Content-Range')).toBe('bytes */10');
    expect(await response.text()).toBe('');
  });

  test('is kept only under the hash of its content, and no longer says that it is packed', async () => {
    const kept = new Map<string, Response>();
    const cache = { put: async (key: string, response: Response) => void kept.set(key, response) } as unknown as Cache;
    const packed = () => new Response('0123456789', { headers: { 'Content-Encoding': 'gzip', 'Content-Length': '4' } });
    // sha256 of "0123456789"
    await keepIfWhole(cache, 'right', '84d89877', packed());
    await keepIfWhole(cache, 'wrong', '84d89878', packed());
    expect([...kept.keys()]).toEqual(['right']);
    expect(kept.get('right')?.headers.get('Content-Encoding')).toBeNull();
    expect(kept.get('right')?.headers.get('Content-Length')).toBe('10');
  });
});
