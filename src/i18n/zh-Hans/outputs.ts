import type { outputs as source } from '../en/outputs';

export const outputs: Readonly<Record<keyof typeof source, string>> = {
  'gloss.label': '逐字对照',
  'gloss.hint': '英文逐字对照，不是模型写的',
  'strip.legend.p': '对写出来的 token 有多确定',
  'strip.legend.kl': '下一个 token 的概率分布离 {reference} 有多远（KL 散度，单位 nat）',
  'strip.what': '什么是 token 和 nat？',
  'strip.what.explain':
    '模型一个 token 一个 token 地写：一个短词、长词的一段，或一两个汉字。nat 用来量两个模型接下去写的差别。0：完全一样；0.7：它会写的东西，在这里的概率平均是那里的 2 倍；2.3：10 倍；4.6：100 倍。',
  'strip.sure': '确定程度 {p}',
  'strip.kl': '离 {reference} {kl} nat',
  'strip.table': '逐个 token 看',
  'strip.token': 'Token',
  'strip.p': '确定程度',
  'strip.nats': 'KL（nat）',
  'without.title': '少了其中一项，merged 会这样说',
  'without.term': '没有 {alias}',
  'without.same': '说的一样',
  'without.parts': '从第 {at} 个 token 起不一样',
  'without.take': '去掉 {alias}',
  'without.asking': '正在问没有 {alias} 的模型…',
};
