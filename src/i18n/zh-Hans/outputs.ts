import type { outputs as source } from '../en/outputs';

export const outputs: Readonly<Record<keyof typeof source, string>> = {
  'rates.starting': '准备开始数…',
  'rates.counting': '{column}：{total} 题已答 {done} 题',
  'rates.progress': '已经数过的回答',
  'rates.of': '{k}/{n} 题',
  'rates.interval': '{rate}，{lo}–{hi}',
  'rates.headline': '{column} {what}：{n} 题{questions}里有 {k} 题',
  'rates.unknown': '还没数',
  'rates.count': '在这里数',
  'rates.count.one': '在这里数 {alias}',
  'rates.count.all': '每一列都在这里数',
};
