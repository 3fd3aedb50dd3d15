import type { flips as source } from '../en/flips';

export const flips: Readonly<Record<keyof typeof source, string>> = {
  'flips.title': '答案转折处',
  'flips.up': '往上过 {at}：“{from}”变成“{to}”',
  'flips.down': '往下过 {at}：“{from}”变成“{to}”',
  'flips.none': '整个滑块上答案都一样',
  'flips.search': '正在寻找转折点，{done}／{total}',
  'flips.method': '只有向量求和才会寻找转折点。',
  'flips.size': '只有五百万参数以内的模型才会寻找转折点。',
  'flips.sampled': '温度为 0 时才会寻找转折点。',
};
