/**
 * The colours of the plots, in one style that every plot contains. This package stands out, its peers have
 * quiet colours, and a floor is grey and dashed.
 */

/** What a series is: this package, a variant of it, another store, or a limit that no store can pass. */
export type Role = 'ours' | 'ours-2' | 'peer-1' | 'peer-2' | 'peer-3' | 'floor';

export const ROLES: readonly Role[] = ['ours', 'ours-2', 'peer-1', 'peer-2', 'peer-3', 'floor'];

type Colour = Role | 'paper' | 'ink' | 'muted' | 'grid';

type Theme = Readonly<Record<Colour, string>>;

/** The paper, ink and red of the pictures in the guides. */
export const LIGHT: Theme = {
  paper: '#ffffff',
  ink: '#24292f',
  muted: '#5b636d',
  grid: '#e3e6e9',
  ours: '#b4232f',
  'ours-2': '#b65c12',
  'peer-1': '#3d6c9c',
  'peer-2': '#3f7a5c',
  'peer-3': '#7a62a3',
  floor: '#6b737c',
};

export const DARK: Theme = {
  paper: '#1b1b1f',
  ink: '#e6e8eb',
  muted: '#a3abb5',
  grid: '#34363d',
  ours: '#ff8a8f',
  'ours-2': '#f0b06a',
  'peer-1': '#86abd6',
  'peer-2': '#84bd9b',
  'peer-3': '#b5a1de',
  floor: '#8f97a1',
};

/** The reference to a colour in a mark of the plot. */
export function colourOf(colour: Colour): string {
  return `var(--${colour})`;
}

export function widthOf(role: Role): number {
  return role === 'ours' ? 3.5 : role === 'ours-2' ? 2.5 : 1.75;
}

/**
 * The same in every plot, so that the site can replace it with a style that follows the theme of the page.
 */
export function plotStyle(): string {
  return [
    '<style>',
    `    .plot { ${declarations(LIGHT)} }`,
    '    @media (prefers-color-scheme: dark) {',
    `      .plot { ${declarations(DARK)} }`,
    '    }',
    "    .plot { font: 14px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }",
    '    .plot .paper { fill: var(--paper); }',
    '  </style>',
  ].join('\n');
}

function declarations(theme: Theme): string {
  return Object.entries(theme)
    .map(([name, value]) => `--${name}: ${value};`)
    .join(' ');
}
