/**
 * An SVG of the repository becomes part of its page, so that it follows the theme of the page and its text can be
 * selected and searched. On GitHub and npm the same SVG is an image that follows the colour scheme of the system.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Every picture carries the same style, and so does every plot; the site takes both from these. */
const STYLED = [
  new URL('../guides/pictures/command.svg', import.meta.url),
  new URL('../benchmarks/throughput.svg', import.meta.url),
];
const STYLE = /<style>([^]*?)<\/style>/g;

/** A markdown-it plugin: replaces images of SVG files. */
export function inlineSvg(md) {
  const image = md.renderer.rules.image;
  md.renderer.rules.image = (tokens, index, options, env, self) => {
    const source = tokens[index].attrGet('src');
    if (!/^[\w./-]+\.svg$/.test(source)) return image(tokens, index, options, env, self);
    const svg = readFileSync(join(dirname(env.realPath ?? env.path), source), 'utf8');
    const label = md.utils.escapeHtml(tokens[index].content);
    const inline = svg
      .replace(/<\?xml[^>]*>\s*/, '')
      .replaceAll(STYLE, '')
      // A line break would end the paragraph that holds the image.
      .replaceAll(/\s*\n\s*/g, ' ')
      // Vue must not look for expressions in it.
      .replace('<svg ', `<svg v-pre role="img" aria-label="${label}" `);
    return `<span class="picture">${inline}</span>`;
  };
}

/** A Vite plugin: `virtual:pictures.css` is the style of the pictures, which follows the theme instead of the system. */
export function pictureStyles() {
  const id = '\0virtual:pictures.css';
  return {
    name: 'picture-styles',
    resolveId: (source) => (source === 'virtual:pictures.css' ? id : undefined),
    load(source) {
      if (source !== id) return undefined;
      return STYLED.map((file) => inThemeOfPage(readFileSync(file, 'utf8'))).join('\n');
    },
  };
}

function inThemeOfPage(svg) {
  const [[, style]] = svg.matchAll(STYLE);
  return style.replace(/@media \(prefers-color-scheme: dark\) \{\s*(\.\w+ \{[^}]*\})\s*\}/, '.dark $1');
}
