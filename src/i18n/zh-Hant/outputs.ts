import type { outputs as source } from '../en/outputs';

export const outputs: Readonly<Record<keyof typeof source, string>> = {
  'gloss.label': '逐字對照',
  'gloss.hint': '英文逐字對照，不是模型寫的',
  'strip.legend.p': '對寫出來的 token 有多確定',
  'strip.legend.kl': '下一個 token 的機率分布離 {reference} 有多遠（KL 散度，單位 nat）',
  'strip.what': '什麼是 token 和 nat？',
  'strip.what.explain':
    '模型一個 token 一個 token 地寫：一個短字、長字的一段，或一兩個中文字。nat 用來量兩個模型接下去寫的差別。0：完全一樣；0.7：它會寫的東西，在這裡的機率平均是那裡的 2 倍；2.3：10 倍；4.6：100 倍。',
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
