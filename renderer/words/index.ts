/** Starts i18next on the one table of words. Nothing a person reads is written in a component. */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import en from './en.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof en };
  }
}

void i18next.use(initReactI18next).init({
  lng: 'en',
  resources: { en: { translation: en } },
  // React escapes already; escaping twice would show "&amp;".
  interpolation: { escapeValue: false },
  initAsync: false,
});
