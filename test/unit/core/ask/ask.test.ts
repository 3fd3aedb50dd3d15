import { readScores, scoreText } from '../../../../src/core/ask/scores';
import { describe, expect, test } from 'vitest';
import {
  clipPrompt,
  pairPrompt,
  parseAsk,
  readPicture,
  soundPrompt,
  tilePath,
  type PairAsk,
} from '../../../../src/core/ask/ask';
import { LabError } from '../../../../src/core/errors';

const pair: Omit<PairAsk, 'kind'> = {
  question: 'q : what color ? a :',
  a: 'the color is "red" .',
  b: '顏色是藍色',
  picture: 'pictures/p1.png',
  own: null,
};

const codeOf = (prompt: string): string => {
  try {
    parseAsk(prompt);
  } catch (error) {
    return error instanceof LabError ? error.code : String(error);
  }
  return 'none';
};

describe('what a prompt asks', () => {
  test('is read as it was written', () => {
    expect(parseAsk(clipPrompt('clips/a-1.wav'))).toEqual({ kind: 'sound', clip: 'clips/a-1.wav', own: null });
    expect(parseAsk(soundPrompt('0a1b'))).toEqual({ kind: 'sound', clip: null, own: '0a1b' });
    expect(parseAsk(pairPrompt(pair))).toEqual({ kind: 'pair', ...pair });
    expect(parseAsk(pairPrompt({ ...pair, picture: null, own: 'ff' }))).toMatchObject({ picture: null, own: 'ff' });
  });

  test('a picture may be a tile of a sheet', () => {
    const picture = tilePath('pictures/sheet.png', 7, 16);
    expect(parseAsk(pairPrompt({ ...pair, picture }))).toMatchObject({ picture });
    expect(readPicture(picture)).toEqual({ file: 'pictures/sheet.png', tile: { index: 7, side: 16 } });
    expect(readPicture('pictures/p1.png')).toEqual({ file: 'pictures/p1.png', tile: null });
  });

  test.each(['how do i get a password?', '', 'clips are nice', 'pairs: a, b', 'Clip:x'])('%j is text', (prompt) => {
    expect(parseAsk(prompt)).toEqual({ kind: 'text' });
  });

  test.each([
    'clip:',
    'clip:../secret.wav',
    'clip:/etc/passwd',
    'clip:https://elsewhere.example/x.wav',
    'clip:a//b.wav',
    'sound:xyz',
    'sound:',
    'pair:',
    'pair:[1]',
    'pair:null',
    'pair:{"question":"q","a":"x"}',
    'pair:{"question":"q","a":"x","b":" "}',
    'pair:{"question":"q","a":"x","b":3}',
    'pair:{"question":"q","a":"x","b":"y","picture":"../x.png"}',
    'pair:{"question":"q","a":"x","b":"y","picture":"x.png#7"}',
    'pair:{"question":"q","a":"x","b":"y","own":"no key"}',
    'pair:{"question":"q","a":"x","__proto__":{"b":"y"}}',
    `pair:${JSON.stringify({ ...pair, a: 'x'.repeat(3000) })}`,
  ])('%s is refused', (prompt) => {
    expect(codeOf(prompt)).toBe('prompt/ask');
  });
});

test('scores are written so that they can be read', () => {
  expect(readScores(scoreText(3.21349, -1.02))).toEqual({ a: 3.213, b: -1.02 });
  expect(readScores('A good answer')).toBeNull();
});
