import { BookMarked, Trash2 } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { type FormEvent, useState } from 'react';
import { maxRecipeName } from '../../app/queue';
import { words } from '../../words/window';
import { Button } from '../parts/Button';
import { dropRecipe, keepRecipe } from './commands';
import menuStyles from './menu.module.css';
import styles from './queue.module.css';
import { chooseRecipe } from './settings';
import { useQueue } from './store';

/** Recipes that the person keeps: chooses one, keeps what is set under a name, drops one. */
export function Recipes({ disabled }: { disabled: boolean }) {
  const recipes = useQueue((screen) => screen.queue.recipes);
  const [naming, setNaming] = useState(false);
  if (naming) return <NameRecipe onDone={() => setNaming(false)} />;
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <Button look="quiet" className={styles.then} disabled={disabled} data-testid="recipes">
          <BookMarked size={16} aria-hidden />
          {words.queue.recipes}
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={menuStyles.menu} align="start" sideOffset={4} collisionPadding={8}>
          {recipes.map(({ name, recipe }) => (
            <DropdownMenu.Item key={name} className={menuStyles.entry} onSelect={() => chooseRecipe(recipe)}>
              {name}
            </DropdownMenu.Item>
          ))}
          {recipes.length > 0 && <DropdownMenu.Separator className={menuStyles.line} />}
          <DropdownMenu.Item className={menuStyles.entry} onSelect={() => setNaming(true)}>
            {words.queue.keepRecipe}
          </DropdownMenu.Item>
          {recipes.map(({ name }) => (
            <DropdownMenu.Item key={name} className={menuStyles.entry} onSelect={() => void dropRecipe(name)}>
              <Trash2 size={16} aria-hidden />
              {words.queue.dropRecipe({ name })}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function NameRecipe({ onDone }: { onDone: () => void }) {
  const [name, setName] = useState('');
  const isName = name.trim().length > 0 && name.trim().length <= maxRecipeName;
  const keep = (event: FormEvent) => {
    event.preventDefault();
    if (!isName) return;
    void keepRecipe(name.trim());
    onDone();
  };
  return (
    <form className={styles.naming} onSubmit={keep}>
      <input
        // biome-ignore lint/a11y/noAutofocus: it stands where the button was that the person pressed
        autoFocus
        type="text"
        value={name}
        maxLength={maxRecipeName}
        aria-label={words.queue.recipeName}
        placeholder={words.queue.recipeName}
        onChange={({ target }) => setName(target.value)}
        onKeyDown={({ key }) => key === 'Escape' && onDone()}
        data-testid="recipe-name"
      />
      <Button type="submit" disabled={!isName} data-testid="recipe-keep">
        {words.queue.keep}
      </Button>
    </form>
  );
}
