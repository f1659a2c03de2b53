import { Burger, Button, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { Link } from 'wouter';
import { useStore } from '../api/store.js';
import { tokenStore } from '../api/token.js';
import { AsOfControl } from './as-of-control.js';
import { addressOf } from './address.js';
import { useAsOf } from './as-of.js';
import { ConnectionState } from './connection-state.js';
import mark from './mark.svg';
import { helpOpen } from './keyboard-help.js';
import { SearchBox } from './search-box.js';
import { tokenDialogOpen } from './token-dialog.js';
import { FIRST_VIEW } from './views.js';

const SCHEMES: Readonly<Record<MantineColorScheme, { readonly next: MantineColorScheme; readonly label: string }>> = {
  auto: { next: 'light', label: 'Colours: system' },
  light: { next: 'dark', label: 'Colours: light' },
  dark: { next: 'auto', label: 'Colours: dark' },
};

const SchemeSwitch = () => {
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const { next, label } = SCHEMES[colorScheme];
  return (
    <Button variant="subtle" size="compact-sm" onClick={() => setColorScheme(next)}>
      {label}
    </Button>
  );
};

interface HeaderProps {
  readonly navigationOpen: boolean;
  readonly toggleNavigation: () => void;
}

export const Header = ({ navigationOpen, toggleNavigation }: HeaderProps) => {
  const token = useStore(tokenStore);
  const asOf = useAsOf();
  return (
    <header className="header">
      <Burger
        className="burger"
        size="sm"
        opened={navigationOpen}
        onClick={toggleNavigation}
        aria-label="Views"
        aria-expanded={navigationOpen}
        aria-controls="navigation"
      />
      <Link href={addressOf(FIRST_VIEW, {}, asOf)} className="brand">
        <img src={mark} alt="" width={24} height={24} />
        vfleet
      </Link>
      <SearchBox />
      <div className="header-tools">
        <ConnectionState />
        <AsOfControl />
        <Button variant="subtle" size="compact-sm" onClick={() => tokenDialogOpen.set(true)}>
          {token ? 'Token: given' : 'Token: none'}
        </Button>
        <SchemeSwitch />
        <Button variant="subtle" size="compact-sm" onClick={() => helpOpen.set(true)} aria-label="Keyboard help" aria-keyshortcuts="?">
          ?
        </Button>
      </div>
    </header>
  );
};
