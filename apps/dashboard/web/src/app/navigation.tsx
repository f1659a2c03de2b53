import { NavLink } from '@mantine/core';
import { Link, useLocation } from 'wouter';
import { addressOf } from './address.js';
import { useAsOf } from './as-of.js';
import { VIEWS } from './views.js';

/** The views, one below the other; on a narrow screen only while it is open. */
export const Navigation = ({ open }: { readonly open: boolean }) => {
  const [path] = useLocation();
  const asOf = useAsOf();
  return (
    <nav id="navigation" className="navigation" aria-label="Views" data-open={open || undefined}>
      {VIEWS.filter(({ hidden }) => !hidden).map(({ path: to, label }) => {
        const active = path === to || path.startsWith(`${to}/`);
        return (
          <NavLink
            key={to}
            component={Link}
            href={addressOf(to, {}, asOf)}
            label={label}
            active={active}
            {...(active && { 'aria-current': 'page' as const })}
          />
        );
      })}
    </nav>
  );
};
