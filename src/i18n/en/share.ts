/** Ways out of the bench: to a class, and into other pages. What they open brings its own words. */
export const share = {
  'app.class': 'Before class',
  'share.qr': 'QR code',
  'share.embed': 'Embed',
} as const;
