/** Sites, the links between them, and which of them a message crosses on its way from one site to another. */
export interface Network {
  readonly sites: number;
  readonly links: number;
  /** Links on the way from one site to another, in either direction the same number of them. */
  route(from: number, to: number): readonly number[];
  siteName(site: number): string;
  linkName(link: number): string;
}
