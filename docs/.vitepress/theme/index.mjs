import DefaultTheme from 'vitepress/theme';
import 'virtual:pictures.css';
import './custom.css';

export default {
  extends: DefaultTheme,
  enhanceApp() {
    if (!import.meta.env.SSR) document.addEventListener('click', enlargePicture);
  },
};

/** A narrow screen shows a picture at the width of the screen; a tap enlarges it, and the next one ends that. */
function enlargePicture({ target }) {
  const picture = target.closest('.picture');
  if (picture === null || !getSelection().isCollapsed) return;
  const isShrunk = picture.scrollWidth > picture.clientWidth || picture.clientWidth < widthOf(picture);
  picture.classList.toggle('enlarged', isShrunk && !picture.classList.contains('enlarged'));
}

function widthOf(picture) {
  return picture.querySelector('svg')?.viewBox.baseVal.width ?? 0;
}
