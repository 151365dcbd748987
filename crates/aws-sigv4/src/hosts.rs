//! Which service and region an AWS host belongs to.

/// A host's service, by its signing name, and its region.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Endpoint<'a> {
    pub(crate) service: &'a str,
    pub(crate) region: &'a str,
}

/// What an AWS host's name ends in, and the region of its partition's global services: `dnsSuffix`, `dualStackDnsSuffix` and
/// `implicitGlobalRegion` of botocore 1.44.5's `partitions.json`; `.on.aws` is of Lambda's function URLs.
const SUFFIXES: [(&str, &str); 15] = [
    (".amazonaws.com", "us-east-1"),
    (".api.aws", "us-east-1"),
    (".on.aws", "us-east-1"),
    (".amazonaws.com.cn", "cn-northwest-1"),
    (".api.amazonwebservices.com.cn", "cn-northwest-1"),
    (".amazonaws.eu", "eusc-de-east-1"),
    (".api.amazonwebservices.eu", "eusc-de-east-1"),
    (".c2s.ic.gov", "us-iso-east-1"),
    (".api.aws.ic.gov", "us-iso-east-1"),
    (".sc2s.sgov.gov", "us-isob-east-1"),
    (".api.aws.scloud", "us-isob-east-1"),
    (".cloud.adc-e.uk", "eu-isoe-west-1"),
    (".api.cloud-aws.adc-e.uk", "eu-isoe-west-1"),
    (".csp.hci.ic.gov", "us-isof-south-1"),
    (".api.aws.hci.ic.gov", "us-isof-south-1"),
];

/// Labels that say how a service is reached, not which one it is.
const ROUTES: [&str; 5] = ["aws-global", "dualstack", "fips", "global", "vpce"];

/// Reads an AWS host, in lower case and without its port; `None` for any other host.
///
/// Most are `PREFIX.REGION.amazonaws.com`, where the prefix may begin with a bucket, an account or an API's id. Global
/// services and old S3 hosts have no region; some put it first (`NAME.REGION.es.amazonaws.com`).
pub(crate) fn endpoint(host: &str) -> Option<Endpoint<'_>> {
    let (name, home) = SUFFIXES.iter().find_map(|&(suffix, home)| Some((host.strip_suffix(suffix)?, home)))?;
    // What comes from a Host header may hold anything; nothing else may get into the credential scope.
    if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte)) {
        return None;
    }
    let labels: Vec<&str> = name.split('.').filter(|label| !ROUTES.contains(label)).collect();
    // GovCloud's global services: `iam.us-gov.amazonaws.com`.
    let (labels, home) = match labels.as_slice() {
        [labels @ .., "us-gov"] => (labels, "us-gov-west-1"),
        labels => (labels, home),
    };
    let (labels, last) = match labels {
        [labels @ .., region] if is_region(region) => (labels, Some(*region)),
        labels => (labels, None),
    };
    let (service, own) = service_of(labels)?;
    // What stands before `s3` is a bucket, whatever it looks like.
    let inner = || labels.iter().rev().find(|label| service != "s3" && is_region(label)).copied();
    let region = last.or(own).or_else(inner).unwrap_or(match (service, home) {
        ("globalaccelerator", "us-east-1") => "us-west-2",
        ("iam" | "s3" | "sts", "cn-northwest-1") => "cn-north-1",
        _ => home,
    });
    (!service.is_empty()).then_some(Endpoint { service, region })
}

/// Whether a label has a region's form: `us-east-1`, `us-gov-west-1`, `ap-southeast-3`, `eusc-de-east-1`.
fn is_region(label: &str) -> bool {
    let mut parts = label.rsplit('-');
    let number = parts.next().unwrap_or_default();
    let (mut count, mut area) = (0, "");
    for part in parts {
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return false;
        }
        (count, area) = (count + 1, part);
    }
    (2..=3).contains(&count)
        && (area.len() == 2 || area == "eusc")
        && (1..=2).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// The service that the labels before the region name, and the region where it is in the service's own label, as in
/// `s3-us-west-2`.
fn service_of<'a>(labels: &[&'a str]) -> Option<(&'a str, Option<&'a str>)> {
    let last = labels.last()?;
    let last = last.strip_suffix("-fips").or_else(|| last.strip_prefix("fips-")).unwrap_or(last);
    if let Some(rest) = last.strip_prefix("s3-") {
        let region = rest.strip_prefix("fips-").unwrap_or(rest);
        return Some(match rest {
            "object-lambda" | "outposts" => (last, None),
            _ => ("s3", is_region(region).then_some(region)),
        });
    }
    if last.starts_with("s3express-") {
        return Some(("s3express", None));
    }
    if let Some(before) = labels.iter().nth_back(1) {
        let before = before.strip_suffix("-fips").unwrap_or(before);
        if let Some(service) = signing_name_of_two(before, last) {
            return Some((service, None));
        }
    }
    Some((signing_name(last), None))
}

/// The signing name of a host name's label, where it is another: from the `endpointPrefix` and `signingName` of botocore
/// 1.44.5's service models, and the data planes that have hosts of their own.
fn signing_name(prefix: &str) -> &str {
    match prefix {
        "account-access-runtime" => "account-access",
        "agent-registry-control" => "agent-registry",
        "agreement-marketplace"
        | "catalog-marketplace"
        | "deployment-marketplace"
        | "discovery-marketplace"
        | "entitlement-marketplace"
        | "metering-marketplace"
        | "reporting-marketplace" => "aws-marketplace",
        "aos" => "es",
        "appconfigdata" => "appconfig",
        "appstream2" => "appstream",
        "appsync-api" | "appsync-realtime-api" => "appsync",
        "aps-workspaces" => "aps",
        "arc-recovery-control-config" => "route53-recovery-control-config",
        "bedrock-agent"
        | "bedrock-agent-runtime"
        | "bedrock-data-automation"
        | "bedrock-data-automation-runtime"
        | "bedrock-runtime" => "bedrock",
        "bedrock-agentcore-control" => "bedrock-agentcore",
        "cassandra-streams" => "cassandra",
        "cloudhsmv2" => "cloudhsm",
        "cloudsearchdomain" => "cloudsearch",
        "cloudwatch-omni" => "cloudwatch",
        "contact-lens" => "connect",
        "data-signer" => "signer",
        "ddb" | "streams-ddb" | "streams-dynamodb" => "dynamodb",
        "efs" => "elasticfilesystem",
        "email" | "mail-manager" => "ses",
        "eventsv2" => "events",
        "forecastquery" => "forecast",
        "iam-toolbox" => "iam",
        "identity-chime" | "media-pipelines-chime" | "meetings-chime" | "messaging-chime" | "voice-chime" => "chime",
        "iot-tunneling" => "IoTSecuredTunneling",
        "ivsrealtime" => "ivs",
        "kafka-api" => "kafka",
        "lambda-url" => "lambda",
        "memory-db" => "memorydb",
        "migrationhub-config" => "mgh",
        "models-v2-lex" | "runtime-v2-lex" => "lex",
        "neptune" => "neptune-db",
        "oidc" => "sso-oauth",
        "partnercentral-prm" => "partnercentral",
        "personalize-events" | "personalize-runtime" => "personalize",
        "pinpoint" => "mobiletargeting",
        "servicecatalog-appregistry" => "servicecatalog",
        "timestream-ingest" | "timestream-query" => "timestream",
        other => other,
    }
}

/// The signing name of two labels that mean another service than the last of them.
fn signing_name_of_two<'a>(first: &str, last: &'a str) -> Option<&'a str> {
    Some(match (first, last) {
        ("tunneling", "iot") => "IoTSecuredTunneling",
        ("ats" | "data" | "data-ats", "iot") => "iotdata",
        ("jobs", "iot") => "iot-jobs-data",
        ("maps", "geo") => "geo-maps",
        ("places", "geo") => "geo-places",
        ("routes", "geo") => "geo-routes",
        ("participant", "connect") => "execute-api",
        ("portal", "sso") => "awsssoportal",
        ("sms-voice", "pinpoint") => "sms-voice",
        ("catalog" | "entitlement" | "metering", "marketplace") => "aws-marketplace",
        _ if last == "iot" && first.ends_with("-ats") => "iotdata",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_tell_service_and_region() {
        for (host, service, region) in [
            ("dynamodb.eu-central-1.amazonaws.com", "dynamodb", "eu-central-1"),
            ("streams.dynamodb.us-west-2.amazonaws.com", "dynamodb", "us-west-2"),
            ("dynamodb-fips.us-east-2.amazonaws.com", "dynamodb", "us-east-2"),
            ("abc123.execute-api.us-gov-west-1.amazonaws.com", "execute-api", "us-gov-west-1"),
            ("abc.lambda-url.ap-southeast-3.on.aws", "lambda", "ap-southeast-3"),
            ("s3.amazonaws.com", "s3", "us-east-1"),
            ("my.bucket.s3.amazonaws.com", "s3", "us-east-1"),
            ("bucket.s3.eu-west-1.amazonaws.com", "s3", "eu-west-1"),
            ("bucket.s3.dualstack.eu-west-1.amazonaws.com", "s3", "eu-west-1"),
            ("s3-us-west-2.amazonaws.com", "s3", "us-west-2"),
            ("bucket.s3-us-west-2.amazonaws.com", "s3", "us-west-2"),
            ("s3-external-1.amazonaws.com", "s3", "us-east-1"),
            ("bucket.s3-accelerate.amazonaws.com", "s3", "us-east-1"),
            ("bucket.s3-accelerate.dualstack.amazonaws.com", "s3", "us-east-1"),
            ("s3-fips.us-gov-east-1.amazonaws.com", "s3", "us-gov-east-1"),
            ("s3-fips-us-gov-west-1.amazonaws.com", "s3", "us-gov-west-1"),
            ("s3-fips.dualstack.us-east-1.amazonaws.com", "s3", "us-east-1"),
            ("ap-1234.s3-accesspoint.us-east-1.amazonaws.com", "s3", "us-east-1"),
            ("1234.s3-control.us-east-1.amazonaws.com", "s3", "us-east-1"),
            ("x-1234.s3-object-lambda.us-east-1.amazonaws.com", "s3-object-lambda", "us-east-1"),
            ("bucket--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com", "s3express", "us-east-1"),
            ("bucket.vpce-1-a.s3.us-east-1.vpce.amazonaws.com", "s3", "us-east-1"),
            ("s3.cn-north-1.amazonaws.com.cn", "s3", "cn-north-1"),
            ("iam.amazonaws.com", "iam", "us-east-1"),
            ("iam.us-gov.amazonaws.com", "iam", "us-gov-west-1"),
            ("iam.cn-north-1.amazonaws.com.cn", "iam", "cn-north-1"),
            ("route53.amazonaws.com.cn", "route53", "cn-northwest-1"),
            ("sts.amazonaws.com", "sts", "us-east-1"),
            ("sts.eu-north-1.amazonaws.com", "sts", "eu-north-1"),
            ("globalaccelerator.amazonaws.com", "globalaccelerator", "us-west-2"),
            ("bedrock-runtime.us-east-1.amazonaws.com", "bedrock", "us-east-1"),
            ("bedrock-runtime-fips.us-east-1.amazonaws.com", "bedrock", "us-east-1"),
            ("email.us-east-1.amazonaws.com", "ses", "us-east-1"),
            ("runtime.sagemaker.us-east-1.amazonaws.com", "sagemaker", "us-east-1"),
            ("api.ecr.us-east-1.amazonaws.com", "ecr", "us-east-1"),
            ("xyz-ats.iot.us-east-1.amazonaws.com", "iotdata", "us-east-1"),
            ("portal.sso.us-east-1.amazonaws.com", "awsssoportal", "us-east-1"),
            ("search-name-abc.us-east-1.es.amazonaws.com", "es", "us-east-1"),
            ("doc-name-abc.us-east-1.cloudsearch.amazonaws.com", "cloudsearch", "us-east-1"),
            ("abc.us-east-1.aoss.amazonaws.com", "aoss", "us-east-1"),
            ("ec2.us-east-1.api.aws", "ec2", "us-east-1"),
            ("sqs.us-iso-east-1.c2s.ic.gov", "sqs", "us-iso-east-1"),
            ("sts.eusc-de-east-1.amazonaws.eu", "sts", "eusc-de-east-1"),
            ("cloudfront.global.api.aws", "cloudfront", "us-east-1"),
            ("budgets.amazonaws.com.cn", "budgets", "cn-northwest-1"),
            ("123456789012.ddb.us-east-2.amazonaws.com", "dynamodb", "us-east-2"),
            ("maps.geo-fips.us-east-1.amazonaws.com", "geo-maps", "us-east-1"),
            ("routes.geo.us-gov-east-1.us-gov.amazonaws.com", "geo-routes", "us-gov-east-1"),
            ("data.iot-fips.us-east-1.amazonaws.com", "iotdata", "us-east-1"),
            // Buckets that are named as a region.
            ("eu-west-1.s3.amazonaws.com", "s3", "us-east-1"),
            ("my.eu-west-1.logs.s3.amazonaws.com", "s3", "us-east-1"),
            ("eu-west-1.s3-accelerate.amazonaws.com", "s3", "us-east-1"),
            ("eu-west-1.s3-us-west-2.amazonaws.com", "s3", "us-west-2"),
        ] {
            assert_eq!(endpoint(host), Some(Endpoint { service, region }), "{host}");
        }
    }

    #[test]
    fn other_hosts_tell_nothing() {
        for host in [
            "",
            "example.com",
            "amazonaws.com",
            "s3.amazonaws.com.example.org",
            "127.0.0.1",
            ".amazonaws.com.de",
            "a,b.amazonaws.com",
            "a/b.amazonaws.com",
            "-fips.amazonaws.com",
            ".amazonaws.com",
        ] {
            assert_eq!(endpoint(host), None, "{host}");
        }
    }
}
