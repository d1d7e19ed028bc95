import { Looking } from './setup/Looking';
import { SetupScreen } from './setup/SetupScreen';
import { useScreen } from './store';
import { Question } from './unsaved/Question';
import { Workspace } from './workspace/Workspace';

/** One window, two rooms: the first start, then the work. */
export function App() {
  return (
    <>
      <Room />
      <Question />
    </>
  );
}

function Room() {
  const setup = useScreen((screen) => screen.app.setup);
  switch (setup.kind) {
    case 'starting':
    case 'detecting':
      return <Looking canSkip={setup.kind === 'detecting'} />;
    case 'found':
    case 'preparing':
    case 'prepared':
      return <SetupScreen setup={setup} />;
    case 'ready':
      return <Workspace />;
  }
}
