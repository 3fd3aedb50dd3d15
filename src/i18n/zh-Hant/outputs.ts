import type { outputs as source } from '../en/outputs';

export const outputs: Readonly<Record<keyof typeof source, string>> = {
  'gloss.label': '逐字對照',
  'gloss.hint': '英文逐字對照，不是模型寫的',
  'strip.legend.p': '對寫出來的 token 有多確定',
  'strip.legend.kl': '下一個 token 的機率分布離 {reference} 有多遠（KL 散度，單位 nat）',
  'strip.sure': '確定程度 {p}',
  'strip.kl': '離 {reference} {kl} nat',
  'strip.table': '逐個 token 看',
  'strip.token': 'Token',
  'strip.p': '確定程度',
  'strip.nats': 'KL（nat）',
  'without.title': '少了其中一項，merged 會這樣說',
  'without.term': '沒有 {alias}',
  'without.same': '說的一樣',
  'without.parts': '從第 {at} 個 token 起不一樣',
  'without.take': '拿掉 {alias}',
  'without.asking': '正在問沒有 {alias} 的模型…',
};
