import type { Cell } from './fleet-page.js';
import { heatOf } from './heat.js';

/** Devices of one kind on one host: free of all that a VM can have; the colour says it again. */
export const HeatCell = ({ cell }: { readonly cell: Cell | undefined }) => {
  if (!cell) return null;
  const [, free, held, ineligible, missing] = cell;
  const title = `${free} free, ${held} held, ${ineligible} ineligible, ${missing} missing`;
  const heat = free + held === 0 ? 'none' : String(heatOf(free, held));
  return (
    <span className="heat" data-heat={heat} title={title}>
      {free + held === 0 ? (missing > 0 ? '' : '·') : `${free}/${free + held}`}
      {missing > 0 && <span className="heat-missing"> −{missing}</span>}
    </span>
  );
};
