import type { outputs as source } from '../en/outputs';

export const outputs: Readonly<Record<keyof typeof source, string>> = {
  'rates.starting': '準備開始數…',
  'rates.counting': '{column}：{total} 題已答 {done} 題',
  'rates.progress': '已經數過的回答',
  'rates.of': '{k}/{n} 題',
  'rates.interval': '{rate}，{lo}–{hi}',
  'rates.headline': '{column} {what}：{n} 題{questions}裡有 {k} 題',
  'rates.unknown': '還沒數',
  'rates.count': '在這裡數',
  'rates.count.one': '在這裡數 {alias}',
  'rates.count.all': '每一欄都在這裡數',
};
