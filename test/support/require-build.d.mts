export default function requireBuild(): void;
export function requireExamples(): void;
