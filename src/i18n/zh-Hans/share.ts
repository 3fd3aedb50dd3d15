import type { share as source } from '../en/share';

export const share: Readonly<Record<keyof typeof source, string>> = {
  'app.class': '上课前',
  'share.qr': '二维码',
  'share.embed': '嵌入',
};
