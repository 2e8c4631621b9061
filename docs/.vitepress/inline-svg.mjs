/**
 * An SVG of the repository becomes part of its page, so that it follows the theme of the page and its text can be
 * selected and searched. On GitHub and npm the same SVG is an image that follows the colour scheme of the system.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Every picture carries the same style; the site takes it from this one. */
const ANY_PICTURE = new URL('../guides/pictures/command.svg', import.meta.url);
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
      const [[, style]] = readFileSync(ANY_PICTURE, 'utf8').matchAll(STYLE);
      return style.replace(
        /@media \(prefers-color-scheme: dark\) \{\s*\.diagram (\{[^}]*\})\s*\}/,
        '.dark .diagram $1',
      );
    },
  };
}
