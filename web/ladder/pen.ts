export interface TextStyle {
  readonly color: string;
  readonly align: 'left' | 'right' | 'center';
  readonly bold?: boolean;
}

/** What a ladder is drawn with: a canvas, or an SVG. */
export interface Pen {
  rect(x: number, y: number, width: number, height: number, color: string, radius?: number): void;
  line(x1: number, y1: number, x2: number, y2: number, color: string, width: number, dash?: boolean): void;
  polygon(points: readonly (readonly [number, number])[], color: string): void;
  /** `y` is the middle of the text. */
  text(text: string, x: number, y: number, style: TextStyle): void;
  width(text: string): number;
}

export const FONT = '12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace';
const BOLD = `600 ${FONT}`;

export class CanvasPen implements Pen {
  private readonly c: CanvasRenderingContext2D;

  constructor(c: CanvasRenderingContext2D) {
    this.c = c;
    c.font = FONT;
    c.textBaseline = 'middle';
  }

  rect(x: number, y: number, width: number, height: number, color: string, radius: number = 0): void {
    const { c } = this;
    c.fillStyle = color;
    if (radius === 0) {
      c.fillRect(x, y, width, height);
      return;
    }
    c.beginPath();
    c.roundRect(x, y, width, height, radius);
    c.fill();
  }

  line(
    x1: number,
    y1: number,
    x2: number,
    y2: number,
    color: string,
    width: number,
    dash: boolean = false,
  ): void {
    const { c } = this;
    c.strokeStyle = color;
    c.lineWidth = width;
    c.setLineDash(dash ? [3, 4] : []);
    c.beginPath();
    c.moveTo(x1, y1);
    c.lineTo(x2, y2);
    c.stroke();
  }

  polygon(points: readonly (readonly [number, number])[], color: string): void {
    const { c } = this;
    c.fillStyle = color;
    c.beginPath();
    for (const [i, [x, y]] of points.entries()) {
      if (i === 0) c.moveTo(x, y);
      else c.lineTo(x, y);
    }
    c.fill();
  }

  text(text: string, x: number, y: number, { color, align, bold }: TextStyle): void {
    const { c } = this;
    c.fillStyle = color;
    c.textAlign = align;
    c.font = bold ? BOLD : FONT;
    c.fillText(text, x, y);
  }

  width(text: string): number {
    return text.length * CHARACTER;
  }
}

/** Width of a character of the monospaced font at 12 px. */
export const CHARACTER = 7.23;

const ANCHORS = { left: 'start', right: 'end', center: 'middle' } as const;

export class SvgPen implements Pen {
  private readonly parts: string[] = [];

  rect(x: number, y: number, width: number, height: number, color: string, radius: number = 0): void {
    const round = radius === 0 ? '' : ` rx="${radius}"`;
    this.parts.push(
      `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" fill="${color}"${round}/>`,
    );
  }

  line(
    x1: number,
    y1: number,
    x2: number,
    y2: number,
    color: string,
    width: number,
    dash: boolean = false,
  ): void {
    const dashed = dash ? ' stroke-dasharray="3 4"' : '';
    this.parts.push(
      `<line x1="${n(x1)}" y1="${n(y1)}" x2="${n(x2)}" y2="${n(y2)}" stroke="${color}" stroke-width="${width}"${dashed}/>`,
    );
  }

  polygon(points: readonly (readonly [number, number])[], color: string): void {
    this.parts.push(
      `<polygon points="${points.map(([x, y]) => `${n(x)},${n(y)}`).join(' ')}" fill="${color}"/>`,
    );
  }

  text(text: string, x: number, y: number, { color, align, bold }: TextStyle): void {
    const weight = bold ? ' font-weight="600"' : '';
    this.parts.push(
      `<text x="${n(x)}" y="${n(y + 4)}" fill="${color}" text-anchor="${ANCHORS[align]}"${weight}>${escaped(text)}</text>`,
    );
  }

  width(text: string): number {
    return text.length * CHARACTER;
  }

  /** The whole drawing as a file. */
  file(width: number, height: number, title: string): string {
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${n(width)}" height="${n(height)}" viewBox="0 0 ${n(width)} ${n(height)}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12" role="img"><title>${escaped(title)}</title>${this.parts.join('')}</svg>\n`;
  }
}

function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
