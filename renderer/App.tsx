import { useTranslation } from 'react-i18next';
import { SetupScreen } from './setup/SetupScreen';
import { useScreen } from './store';
import { Workspace } from './workspace/Workspace';

/** One window, two rooms: the first start, then the work. */
export function App() {
  const { t } = useTranslation();
  const setup = useScreen((screen) => screen.app.setup);
  switch (setup.kind) {
    case 'starting':
    case 'detecting':
      return (
        <main className="looking" aria-busy>
          <p role="status" data-testid="looking">
            {t('app.looking')}
          </p>
        </main>
      );
    case 'found':
    case 'preparing':
    case 'prepared':
      return <SetupScreen setup={setup} />;
    case 'ready':
      return <Workspace />;
  }
}
