import DefaultTheme from 'vitepress/theme';
import 'virtual:pictures.css';
import './custom.css';

export default DefaultTheme;
