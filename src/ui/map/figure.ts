/** What a picture takes from the page's style sheet, for it leaves the page without it. */
const STYLES = [
  'paint-order',
  'fill',
  'stroke',
  'stroke-width',
  'stroke-linejoin',
  'font-family',
  'font-size',
  'font-weight',
] as const;
const PAD = 12;
const HEAD = 48;
/** Pixels of a PNG for each of the page's: sharp on a slide. */
const SCALE = 2;

/** @returns the chart as a document of its own, with lines of text above it. */
export function svgOf(chart: SVGSVGElement, title: readonly string[]): { text: string; width: number; height: number } {
  const copy = chart.cloneNode(true) as SVGSVGElement;
  const cursor = copy.querySelectorAll('[data-cursor]');
  const originals = chart.querySelectorAll('*');
  for (const [i, element] of [...copy.querySelectorAll('*')].entries()) {
    const style = getComputedStyle(originals[i]!);
    for (const name of STYLES) {
      const value = style.getPropertyValue(name);
      // What was said in the element itself (a cell's colour, a pattern) stays as it was said there.
      if (value !== '' && !(name === 'fill' && element.hasAttribute('fill'))) element.setAttribute(name, value);
    }
    for (const { name } of [...element.attributes])
      if (/^(data-|aria-|role$|tabindex$|class$)/.test(name)) element.removeAttribute(name);
  }
  for (const element of cursor) element.remove();
  const [wide, high] = [chart.width.baseVal.value, chart.height.baseVal.value];
  const [width, height] = [wide + 2 * PAD, high + 2 * PAD + HEAD];
  const page = getComputedStyle(document.documentElement);
  const make = (name: string, attributes: Record<string, string | number>): SVGElement => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    return element;
  };
  const sheet = make('svg', { xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox: `0 0 ${width} ${height}` });
  sheet.append(
    make('rect', { width, height, fill: getComputedStyle(chart.closest('.panel') ?? document.body).backgroundColor }),
  );
  const heads = title.map((line, i) => {
    const head = make('text', {
      x: PAD,
      y: 22 + 20 * i,
      fill: page.color,
      'font-size': 13,
      'font-family': 'sans-serif',
    });
    head.textContent = line;
    return head;
  });
  const body = make('g', { transform: `translate(${PAD} ${PAD + HEAD})` });
  body.append(...copy.childNodes);
  sheet.append(...heads, body);
  return { text: new XMLSerializer().serializeToString(sheet), width, height };
}

/** @returns the picture as PNG. @throws Error where the browser cannot draw it */
export async function pngOf({ text, width, height }: ReturnType<typeof svgOf>): Promise<Blob> {
  const image = new Image(width, height);
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width * SCALE, height * SCALE];
  const context = canvas.getContext('2d')!;
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the picture cannot be drawn'))), 'image/png'),
  );
}
