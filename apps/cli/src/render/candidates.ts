import type { Candidate, CandidateList, ConsideredDevice, ExplainedRequest, Explanation } from '@vfleet/contracts';
import { linesTable, listView, type Kind, type Line, type View } from './format.js';
import type { Paint } from './paint.js';
import { counted, orNothing, reservedText, safeText } from './text.js';

const CANDIDATES: Kind<Candidate> = {
  columns: [
    { head: 'HOST', of: ({ hostId }) => hostId },
    { head: 'SCORE', of: ({ score }) => score.toFixed(3) },
    { head: 'DEVICES', of: ({ devices }) => devices.map(reservedText).join(' ') },
  ],
  name: ({ hostId }) => hostId,
};

/** Hosts that can serve, best first, and why the others cannot. */
export const candidatesView = (list: CandidateList): View => {
  const { items, rejected } = list;
  const hosts = listView(CANDIDATES, items, 'No host can serve this.');
  return { ...hosts, value: list, table: (paint, isWide) => hosts.table(paint, isWide) + rejectedText(rejected, paint) };
};

const rejectedText = ({ hosts, reasons }: CandidateList['rejected'], paint: Paint): string => {
  if (hosts === 0) return '';
  const lines = reasons.map((reason): Line => [safeText(reason.code), counted(reason.hosts, 'host')]);
  return `\n${counted(hosts, 'host')} cannot:\n${linesTable(lines, paint)}`;
};

type Considered = ConsideredDevice & Pick<ExplainedRequest, 'requestName'>;

const CONSIDERED: Kind<Considered> = {
  columns: [
    { head: 'REQUEST', of: ({ requestName }) => requestName },
    { head: 'ADDRESS', of: ({ address }) => address },
    { head: 'NAME', of: ({ name }) => name },
    { head: 'VERDICT', of: verdict, tone: ({ available, chosen }) => (chosen ? 'good' : available ? undefined : 'warn') },
    { head: 'WHY', of: ({ message }) => message },
    { head: 'DEVICE ID', of: ({ deviceId }) => deviceId, wide: true },
  ],
  name: ({ deviceId }) => deviceId,
};

function verdict({ available, chosen, code }: Considered): string | undefined {
  if (chosen) return 'would be given';
  return available ? 'free' : code;
}

/** Why a host can serve a wish or not, request by request and device by device. */
export const explanationView = (explanation: Explanation): View => {
  const { requests } = explanation;
  const devices = requests.flatMap((request) => request.devices.map((device) => ({ ...device, requestName: request.requestName })));
  const considered = listView(CONSIDERED, devices, 'No device was looked at.');
  return {
    ...considered,
    value: explanation,
    table: (paint, isWide) => `${linesTable(headLines(explanation, paint), paint)}\n${considered.table(paint, isWide)}`,
  };
};

const headLines = ({ hostId, fits, code, message, requests, devices }: Explanation, paint: Paint): readonly Line[] => [
  ['host', orNothing(hostId)],
  ['fits', fits ? paint.good('yes') : paint.bad(safeText(`no${code === undefined ? '' : `, ${code}: ${message ?? ''}`}`))],
  ...devices.map((device) => ['would get', reservedText(device)] as const),
  ...requests.flatMap((request) => requestLines(request, paint)),
];

const requestLines = ({ requestName, asked, matched, free, reasons, nearestMiss, omitted }: ExplainedRequest, paint: Paint): readonly Line[] => [
  [safeText(requestName), `asked ${asked}, matching ${matched}, free ${free}`],
  ...reasons.map(({ code, count, example = '' }): Line => ['', `${safeText(code)} ×${count}  ${paint.dim(safeText(example))}`]),
  ...(nearestMiss === null ? [] : [['nearest miss', paint.warn(safeText(nearestMiss))] as const]),
  ...(omitted === 0 ? [] : [['not listed', counted(omitted, 'device')] as const]),
];
