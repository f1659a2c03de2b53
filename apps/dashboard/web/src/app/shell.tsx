import { Anchor } from '@mantine/core';
import { Suspense, useEffect, useRef, useState } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { Confirmation } from '../parts/confirmation.js';
import { Loading } from '../parts/states.js';
import { Toasts } from '../parts/toasts.js';
import { ViewTitle } from '../parts/view-title.js';
import { AsOfBand } from './as-of-band.js';
import { FaultBoundary } from './fault-boundary.js';
import { Header } from './header.js';
import { KeyboardHelp } from './keyboard-help.js';
import { Navigation } from './navigation.js';
import { TokenDialog } from './token-dialog.js';
import { useShortcuts } from './shortcuts.js';
import { FIRST_VIEW, VIEWS } from './views.js';

/** A view that was gone to gets the focus, so that a screen reader begins there. */
const useFocusOnNewView = (path: string) => {
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    if (first.current) first.current = false;
    else main.current?.focus({ preventScroll: true });
  }, [path]);
  return main;
};

const NoPage = () => (
  <>
    <ViewTitle title="There is no such page" />
    <p>The address may be mistyped, or from another version of this page.</p>
  </>
);

/** Header, navigation and the view that the address names. */
export const Shell = () => {
  const [path] = useLocation();
  const [open, setOpen] = useState(false);
  const main = useFocusOnNewView(path);
  useShortcuts();
  useEffect(() => setOpen(false), [path]);
  return (
    <div className="shell">
      <Anchor href="#main" className="skip-link">
        Skip to the view
      </Anchor>
      <Header navigationOpen={open} toggleNavigation={() => setOpen(!open)} />
      <Navigation open={open} />
      <main id="main" className="view" tabIndex={-1} ref={main}>
        <AsOfBand />
        <FaultBoundary key={path}>
          <Suspense fallback={<Loading what="the view" />}>
            <Switch>
              <Route path="/">
                <Redirect to={FIRST_VIEW} replace />
              </Route>
              {VIEWS.map(({ path, view: ViewOf }) => (
                <Route key={path} path={path}>
                  <ViewOf />
                </Route>
              ))}
              <Route>
                <NoPage />
              </Route>
            </Switch>
          </Suspense>
        </FaultBoundary>
      </main>
      <KeyboardHelp />
      <TokenDialog />
      <Confirmation />
      <Toasts />
    </div>
  );
};
