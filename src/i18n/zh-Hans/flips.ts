import type { flips as source } from '../en/flips';

export const flips: Readonly<Record<keyof typeof source, string>> = {
  'flips.title': '答案在这里变',
  'flips.count': '有 {count} 处答案会变',
  'flips.up': '往上过 {at}：“{from}”变成“{to}”',
  'flips.down': '往下过 {at}：“{from}”变成“{to}”',
  'flips.none': '整个滑块上答案都一样',
  'flips.search': '正在找答案在哪里变，{done}／{total}',
  'flips.method': '只有向量求和，才会找答案在哪里变。',
  'flips.size': '只有五百万参数以内的模型，才会找答案在哪里变。',
  'flips.sampled': '温度为 0 时，才会找答案在哪里变。',
};
