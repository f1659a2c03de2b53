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
          <Link key={to} href={addressOf(to, {}, asOf)} {...(active && { 'aria-current': 'page' as const })}>
            <span>{label}</span>
          </Link>
        );
      })}
    </nav>
  );
};
