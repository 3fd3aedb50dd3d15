import type { outputs as source } from '../en/outputs';

export const outputs: Readonly<Record<keyof typeof source, string>> = {
  'rates.starting': '准备开始数…',
  'rates.counting': '{column}：{total} 题已答 {done} 题',
  'rates.progress': '已经数过的回答',
};
