/** Draws with Observable Plot on a document of linkedom, without a browser or a canvas. */
import { loadContestant } from '../harness/project.js';
import { colourOf, plotStyle } from './palette.js';

export interface PlotModule {
  plot(options: object): { outerHTML: string };
  lineY(data: readonly object[], options: object): unknown;
  dot(data: readonly object[], options: object): unknown;
  link(data: readonly object[], options: object): unknown;
  ruleX(data: readonly unknown[], options: object): unknown;
  barX(data: readonly object[], options: object): unknown;
  text(data: readonly unknown[], options: object): unknown;
  axisX(ticks: readonly unknown[], options: object): unknown;
  gridX(ticks: readonly unknown[], options: object): unknown;
  gridY(ticks: readonly unknown[], options: object): unknown;
}

interface DomModule {
  parseHTML(html: string): { document: unknown };
}

/** The width of every plot. At 390 pixels, its text has 12 pixels. */
export const WIDTH = 450;
export const FONT_SIZE = 14;
/** Wide enough for a bold letter on average. */
export const LETTER = 7.6;

export class PlotLibrary {
  private constructor(
    readonly Plot: PlotModule,
    private readonly dom: DomModule,
  ) {}

  /** @throws when Plot or linkedom is not installed */
  static async load(): Promise<PlotLibrary> {
    return new PlotLibrary(
      await loadContestant<PlotModule>('@observablehq/plot'),
      await loadContestant<DomModule>('linkedom'),
    );
  }

  /** Draws marks below a title. @returns the text of an SVG file */
  draw(
    title: string,
    { marks, ...options }: { marks: readonly unknown[]; [option: string]: unknown },
  ): string {
    const { document } = this.dom.parseHTML('<html><body></body></html>');
    const heading = this.Plot.text([title], {
      frameAnchor: 'top-left',
      dy: -(options['marginTop'] as number) + 12,
      dx: -(options['marginLeft'] as number) + 12,
      fontSize: 17,
      fontWeight: 600,
      textAnchor: 'start',
      lineAnchor: 'top',
      fill: colourOf('ink'),
    });
    const figure = this.Plot.plot({ ...options, document, width: WIDTH, marks: [heading, ...marks] });
    return finish(figure.outerHTML, title);
  }
}

/**
 * Replaces Plot's own style, which has a random class name and only one theme, with the same one in every
 * file.
 */
function finish(svg: string, title: string): string {
  const size =
    /^<svg ([^>]*)>/
      .exec(svg)?.[1]
      ?.match(/(viewBox|width|height)="[^"]*"/g)
      ?.sort() ?? [];
  const head = [
    `<svg xmlns="http://www.w3.org/2000/svg" class="plot" text-anchor="middle" ${size.join(' ')}>`,
    `  <title>${title}</title>`,
    `  ${plotStyle()}`,
    '  <rect class="paper" width="100%" height="100%" />',
  ];
  const body = svg
    .replace(/^<svg [^>]*>/, '')
    .replace(/<style>[^]*?<\/style>/, '')
    // One element per line, so that a diff shows the changes.
    .replaceAll(/>\s*<(?!\/(text|tspan)>)/g, '>\n<')
    .replaceAll(/\d+\.\d{3,}/g, (digits) => String(Number(Number(digits).toFixed(2))));
  return `${head.join('\n')}${body}\n`;
}
