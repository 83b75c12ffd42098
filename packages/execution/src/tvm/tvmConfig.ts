/**
 * The configuration that every contract of a TVM network runs under: gas and forwarding prices, limits, the version of
 * the virtual machine. It is that of TON's main network as @ton/sandbox ships it, without what only validators and
 * elections need, and with limits on messages and accounts that keep every one of them within a block. A constant of the
 * network: another one is another network, so its hash is pinned by a test.
 */
export const TVM_CONFIG =
  "te6cckEChwEAB4wAAgEgAYECAtkCfwIBIANMAgEgBBgCASAFDQIBIAYLAgEgBwkBASAIAEBVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVV" +
  "VVVVVVVVVQEBIAoAQDMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzAQFIDABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" +
  "AAAAAAACASAOEwIBIA8RAQEgEABA5WdU+DQm9psJJnvYdqyXxEghNFt+JmvZVqe/v7mN81wBASASAFMB////////////////////////" +
  "//////////////////+AAAAAgAAAAUABAVgUAQHAFQIBIBYXABW+AAADvLNnDcFVUAAVv////7y9GpSiABACASAZQAIBIBonAgEgGx0B" +
  "ASAcABrEAAAADAAAAAAAAAHuAQEgHgIDzUAfJgIBICwgAgEgISQCASAiIwIBIDI3AgEgMjICASAlOAIBSDQ0AAOooAIBICg8AQEgKQIB" +
  "ICo5AgLZKzUCASAsMwIBIC0uAgHUNDQCASAvMQIBIDA3AAFYAgEgNzICASA0NAIBzjQ0AAEgAgFiNjgCASA3NwABSAAB1AIJt///8GA6" +
  "OwAB/AAB3AEBID0CApE+PwAqNgIGAgUAD0JAAJiWgAAAAAEAAAH0ACo2BAcDBQBMS0ABMS0AAAAAAgAAA+gCASBBRwIBIEJFAQEgQwEB" +
  "wEQA29BTrudOzwAAAnAAKtiftocOhhpk4QsHt8jHSWwV/O7nxvFyZKUf75zoqiN3Bfb/JZk7D9mvTw7EDHU5BlaNBz2ml2s54kRzl0iB" +
  "oQAAAAAP////+AAAAAAAAAAAAAAAMgAAADIAAAAPAAAB9AJAAQEgRgATGkO5rKABASAfSAIBIEhKAQEgSQAUa0ZVPxAEO5rKAAEBIEsA" +
  "IAABAAAAAIAAAAAgAAAAgAACASBNZAIBIE5ZAgEgT1QCASBQUgEBIFEADAGQAGQASwEBIFMAN3ARDZMW7AAHI4byb8EAAIAQp0GkYngA" +
  "AAAwAAgCASBVVwEBIFYATdBmAAAAAAAAAAAAAAAAgAAAAAAAAPoAAAAAAAAB9AAAAAAAA9CQQAEBIFgACP///xECASBaXwIBIFtdAQEg" +
  "XACU0QAAAAAAAABkAAAAAAAPQkDeAAAAACcQAAAAAAAAAA9CQAAAAAAELB2AAAAAAAAAJxAAAAAAACYloAAAAAAF9eEAAAAAADuaygAB" +
  "ASBeAJTRAAAAAAAAAGQAAAAAAACcQN4AAAAAAZAAAAAAAAAABJPgAAAAAAAPQkAAAAAAAAAnEAAAAAAAmJaAAAAAAAX14QAAAAAAO5rK" +
  "AAIBIGBiAQEgYQBQXcMAAgAAAAgAAAAQAADDAAMNQAAPQkAAJiWgwwAAA+gAABOIAAAnEAEBIGMAUF3DAAQAAAAQAAAAIAAAwwAehIAA" +
  "mJaAATEtAMMAAAPoAAATiAAAJxACASBlagIBSGZoAQEgZwBC6gAAAAAAmJaAAAAAACcQAAAAAAAPQkAAAAABgABVVVVVAQEgaQBC6gAA" +
  "AAAABhqAAAAAAAGQAAAAAAAAnEAAAAABgABVVVVVAgEga3ACASBsbgEBIG0AJMIBAAAA+gAAAPoAAAPoAAAAFwEBIG8AStkBAwAAB9AA" +
  "AD6AAAAAAwAAAAgAAAAEACAAAAAgAAAABQAAJxABAVhxAQHAcgIBIHN8AgEgdHsCASB1eAIBSHZ3AAPfcABBvvXr/85ThwN08RVEkXrX" +
  "OpCNTrUaVASnRwrD2wNe3bMUAgFYeXoAQb7ZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZnABBvtzd/oVqmcXLgHhBmcB3C+ox" +
  "8o4Nczj3N4RIDe9EzZAUAEK/jVwCELNdrdqiGfrEWdug/e+x+uTpeg0Hl3Of4FDWlMoCAVh9fgBBv3pJiUPlcR8W4KaidrmNi0Y3iJZU" +
  "5blpsYBnFeHhpv2LAEG/Va+0cTe8Yvi/ZQsA+coPdVpjhr/KppZ4gw8L0gPsmNEBA6rggABcAgAEAAAAAAQAAAAD6AIAAAD//wIAAABA" +
  "AAAACAAAAAAQAAABAAAAAAIIAAAAGgEJv////pqCBEIBvFPHWNwEFGLU2YoXzqIYfvRRdCCSceZTjOBMLj1chz2DhIWGAJeAF1R8jFwh" +
  "ujuPricm0e1gz71xFVC1unmSMBNTF5DwvU4HS2yHjJv4hTGYDWh287+C4T+QfLEpZw3pLj00FmlYk+AAEAAJxAAABOIIAIOf/Vr7RxN7" +
  "xi+L9lCwD5yg91WmOGv8qmlniDDwvSA+yY0XZWRdt5jXPZnwfRmWBxjJIxfv1dbm0YjjANj1dV80WsgAg4AHYldUpSX+OnMGEmrzFbDa" +
  "DndofbVWwipsELsyEFBh7VwMyVoe1bm3g+ofLtd9oI5jtHH7FMyRcCRcz4sgn8+ZqADFgAzR40sWE+ZDiVtMPp0luvRhPSDmUFJbPnCV" +
  "n8SljhP8MALqj5GLhDdHcfXE5No9rBn3riKqFrdPMkYCamLyHhepwNRlkzQtSe1JZIAh3XgS5jXa20urpZimQbG1DVZHG6T+DFsdRA==";

/**
 * Of one transaction and of one method, by the configuration; the main network gives a transaction three times as much.
 * An endless loop takes about as long as a quarter of a block may take.
 */
export const TRANSACTION_GAS_MAX = 300_000;

/** A contract that does not accept an external message may use this much gas before: nobody pays for it. */
export const EXTERNAL_GAS_CREDIT = 10_000;

/**
 * Gas of a block counts machine time: a step of a contract can take eight times as long as its price in the virtual
 * machine suggests beside the base, and each transaction is unpacked, hashed and packed even when its contract does
 * nothing.
 */
export const TRANSACTION_GAS_BASE = 60_000;
export const BLOCK_GAS_PER_VM_GAS = 8;
