import type { share as source } from '../en/share';

export const share: Readonly<Record<keyof typeof source, string>> = {
  'app.class': '上課前',
  'share.qr': 'QR 碼',
  'share.embed': '嵌入',
};
